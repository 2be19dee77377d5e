from tests.datasets.made_pictures import png


def test_small_and_unlike_classes_are_named(doctor):
    _, found = doctor(
        {**{f"many/{i}.png": png(i) for i in range(60)}, **{f"few/{i}.png": png(500 + i) for i in range(6)}}
    )
    assert "'few' (6)" in found["few_images"].sentence and found["few_images"].severity == "warning"
    assert "10 times" in found["imbalance"].sentence and found["imbalance"].remedy == ()
