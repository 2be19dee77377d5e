"""Where pictures come from; each source gives entries: names, and bytes on request.

archive            a ZIP or a folder, under quotas
upload             what a browser sends, kept until it is imported
server_roots       folders on the server that a page may import from
samples            pictures that come with the app
torchvision_sets   public sets of torchvision, by name
huggingface        public sets of the Hugging Face hub, by name
"""
