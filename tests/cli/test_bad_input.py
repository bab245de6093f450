"""Whatever is wrong with a set-up: one clear sentence in the language asked for, the documented exit code, nothing written."""

import re

import pytest

from tests.cli.spoiled import CASES

# Latin words that a Russian sentence may hold outside quotation marks: names of programs, formats and commands.
NAMES = {
    *("excel", "yaml", "utf", "csv", "xml", "dtd", "opendocument", "xlsx", "xlsm", "xlsb", "xls", "ods", "zip"),
    *("template", "packs", "stages", "sheets", "fill_down", "like", "workbook", "header_row", "columns", "mine", "link"),
    *("sheets-crm", "backup", "list", "restore", "sync", "guess", "crm", "book", "europe", "asia", "google"),
}  # fmt: skip
CODE = re.compile(
    r"«[^«»]*»|\([^()]*\)|/\S+|--[\w-]+|[\w~$.-]+\.\w+#?|\b[A-Z]{2,3}\b|(?:Можно|Допустимы|Есть|Допустимо|Выберите из|Там есть|Есть листы|Есть карточки): [^.]*\."
)


def assert_clear(sentence: str, lang: str) -> None:
    """One sentence or a few for a person: no braces left, no key, no traceback; Russian without stray English."""
    text = sentence.strip()
    assert text
    assert "\n" not in text
    assert text.endswith((".", "»", "”", "?", "--help"))
    assert not re.search(r"[{}]|Traceback|Error|None|\[Errno", text)
    if lang == "ru":
        assert re.search("[а-я]{4}", text)
        stray = [word for word in re.findall(r"[A-Za-z_]{2,}", CODE.sub(" ", text)) if word.lower() not in NAMES]
        assert stray == []
    else:
        assert not re.search("[а-я]", re.sub(r": [^.]*[.]", "", re.sub(r"“[^“”]*”|\"[^\"]*\"", "", text)))


@pytest.mark.parametrize("command", ["sync", "plan"])
@pytest.mark.parametrize("spoiled", CASES, ids=lambda one: one.name)
def test_a_clear_sentence_and_nothing_written(desk, spoiled, command):
    spoiled.spoil(desk)
    before, stamp = desk.files(), desk.book.stat().st_mtime_ns if desk.book.exists() else None
    written_only = spoiled.code in {13, 18} or spoiled.name == "structure_protected"
    if command == "plan" and written_only:
        return  # a plan writes nothing, so it may be made
    for lang, expected in (("ru", spoiled.ru), ("en", spoiled.en)):
        said = desk.run(command, lang=lang)
        print(said.err)
        assert (said.code, said.out) == (spoiled.code, "")
        assert_clear(said.err, lang)
        assert [part for part in expected if part not in said.err] == []
    assert desk.files() == before
    assert stamp is None or desk.book.stat().st_mtime_ns == stamp
    if command == "plan":
        assert not (desk.folder / ".sheets-crm").is_dir()
