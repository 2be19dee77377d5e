import pytest

from ftcore.datasets.labels.column_roles import NO_COLUMN, Mapping, guess, n_torn, outline
from ftcore.errors import DataError
from tests.datasets.labels.made_tables import PICTURES, column, table


def test_json_lines_keep_their_lists():
    found = table('{"file_name": "1.jpg", "tags": ["a", "b"]}\n{"file_name": "2.jpg", "tags": []}\n', "m.jsonl")
    assert guess(found, ["1.jpg", "2.jpg"]).task == "multilabel"


@pytest.mark.parametrize(
    ("values", "task", "separator"),
    [
        (["cat", "dog"] * 10, "multiclass", ""),
        (["0", "1", "2"] * 10, "multiclass", ""),
        (["Doe, John", "Roe, Jane"] * 5, "multiclass", ""),
        (["cat|dog", "cat", ""] * 5, "multilabel", "|"),
        (["cat,dog", "cat", "dog"] * 5, "multilabel", ","),
        (["cat; dog", "dog; fox", "cat; fox", "cat; dog; fox"] * 5, "multilabel", ";"),
        ([f"{i / 7:.2f}" for i in range(30)], "regression", ""),
        ([str(i) for i in range(50)], "regression", ""),
        (["3,5", "4,25", "1,0"] * 5, "regression", ""),
    ],
)
def test_the_task_is_seen_in_the_values(values, task, separator):
    found = guess(column(*values), PICTURES)
    assert (found.image, found.targets, found.task, found.separator) == ("file", ("label",), task, separator)


def test_a_unit_in_the_name_of_a_column_makes_it_a_number():
    assert guess(column("1", "2", "1", header="weight (kg)"), PICTURES).task == "regression"


def test_one_column_for_each_class_is_several_classes():
    found = guess(table("file,cat,dog\n1.jpg,1,0\n2.jpg,1,1\n3.jpg,0,0"), PICTURES)
    assert (found.task, found.targets) == ("multilabel", ("cat", "dog"))


def test_several_columns_of_numbers_are_several_numbers():
    found = guess(table("file,x,y\n1.jpg,1.5,0\n2.jpg,1,7\n3.jpg,0,0.2"), PICTURES)
    assert (found.task, found.targets) == ("regression", ("x", "y"))


def test_split_and_group_columns_are_known_by_their_names():
    found = guess(table("id,patient_id,subset,label\n1,p1,train,a\n2,p2,test,b"), PICTURES)
    assert (found.image, found.group, found.split, found.targets) == ("id", "patient_id", "subset", ("label",))


def test_no_column_means_that_none_is_found_out():
    text = table("id,patient_id,subset,label\n1,p1,train,a\n2,p2,test,b")
    found = guess(text, PICTURES, known=Mapping("", ("label",), "auto", NO_COLUMN, NO_COLUMN))
    assert (found.split, found.group) == ("", "")


def test_a_column_to_be_learned_is_not_the_group_or_the_split_as_well():
    text = table("id,cluster,subset\n1,a,train\n2,b,test")
    assert guess(text, PICTURES, known=Mapping("", ("cluster",), "auto")).group == ""
    assert guess(text, PICTURES, known=Mapping("", ("subset",), "auto")).split == ""
    assert guess(text, PICTURES, known=Mapping("", ("cluster",), "auto", group="cluster")).group == "cluster"


def test_a_column_called_set_that_names_no_split_is_not_one():
    assert guess(table("file,set,label\n1.jpg,blue,a\n2.jpg,red,b"), PICTURES).split == ""


def test_what_was_asked_for_wins():
    text = table("file,label,other\n1.jpg,a|b,x\n2.jpg,c,y")
    found = guess(text, PICTURES, known=Mapping("", ("other",), "auto"))
    assert (found.targets, found.task) == (("other",), "multiclass")
    assert guess(text, PICTURES, known=Mapping("", (), "multiclass")).task == "multiclass"


def test_a_column_that_is_not_there_is_a_sentence_with_those_that_are():
    with pytest.raises(DataError, match=r"no column 'nope'.*'file', 'label'"):
        guess(column("a"), PICTURES, known=Mapping("", ("nope",), "auto"))


def test_a_form_knows_the_other_columns_where_the_target_is_not_clear():
    unclear = table("patient,subset,id,colour,shape\np,train,1,red,round\np,test,2,blue,flat")
    assert outline(unclear, PICTURES) == Mapping("id", (), split="subset", group="patient")
    assert outline(table("a,b\nx,y"), PICTURES) == Mapping("a", ())


def test_groups_that_a_split_column_tears_apart_are_counted():
    rows = table(
        "id,who,part\n1,p,train\n2,p,Training\n3,q,train\n4,q,test\n5,,train\n6,,test\n7,p,\n8,r,val\n9,r,test"
    )
    assert n_torn(rows, "part", "who") == 2


def test_no_column_with_file_names_is_a_sentence():
    with pytest.raises(DataError, match="No column of the table holds names of the pictures"):
        guess(table("a,b\nx,y\nz,w"), PICTURES)


def test_columns_of_which_none_stands_out_are_asked_about():
    with pytest.raises(DataError, match=r"not clear which column.*'colour', 'shape'.*Name the target column"):
        guess(table("file,colour,shape\n1.jpg,red,round\n2.jpg,blue,flat"), PICTURES)
