"""Turns what sources write (Atlassian documents, storage format, wiki markup, HTML) into Markdown, losing no code."""

from knowledge.markup.adf import adf_to_markdown
from knowledge.markup.html import html_to_markdown, storage_to_markdown
from knowledge.markup.wiki import wiki_to_markdown

__all__ = ["adf_to_markdown", "html_to_markdown", "storage_to_markdown", "wiki_to_markdown"]
