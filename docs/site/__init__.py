"""The site: pages generated from the studies, the options and the documents, and built by Sphinx."""
