"""What can go wrong in the library, each with the key of its sentence:

* LibraryError
  - LibraryBusy      another process owns the folder: stop it, or use a Chroma server
  - OtherModel       vectors of another model lie there: reindex, or set the model back
  - ModelMissing     the model cannot be loaded here
  - ShelfAway        Chroma or the database did not answer: try later
  - BadSource        the importer's settings or its source are wrong: correct them
  - SourceAway       the source did not answer: the import goes on later from where it stopped
"""

SENTENCES = {
    "library_busy": (
        "The library in {folder} is in use by another process ({owner}). "
        "Stop that process, or give both a Chroma server (KNOWLEDGE_CHROMA_URL)."
    ),
    "library_other_model": (
        "The library was built with {there} and the settings now say {here}. "
        "Run `dutybot library reindex`, or set the model back."
    ),
    "library_no_model": "The model {model} cannot be loaded: {why}. The library searches by words alone.",
    "library_away": "The library's {part} at {where} did not answer: {why}.",
    "library_bad_setting": "The library's settings are wrong: {why}.",
    "library_no_importer": "There is no importer '{name}'; there are: {names}.",
    "import_bad_source": "{source} cannot be imported: {why}.",
    "import_forbidden": "{source} refused us ({status}). Check the token and what it may read.",
    "import_away": "{source} did not answer: {why}. Run the import again: it goes on from where it stopped.",
    "import_too_many_gone": (
        "{gone} of {known} documents of {source} seem to be gone. Nothing was removed. "
        "If that is right, run the import again with --accept-removals."
    ),
}


class LibraryError(Exception):
    """Anything of the library's. `key` names its sentence."""

    def __init__(self, key: str, **values: str | int | float) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        """One English sentence, for logs and terminals."""
        return SENTENCES[self.key].format_map(self.values)


class LibraryBusy(LibraryError):
    """Another process owns the folder."""


class OtherModel(LibraryError):
    """The vectors there are another model's."""


class ModelMissing(LibraryError):
    """No such model here."""


class ShelfAway(LibraryError):
    """Chroma or the database did not answer."""


class BadSource(LibraryError):
    """The importer cannot work like this."""


class SourceAway(LibraryError):
    """The source did not answer."""
