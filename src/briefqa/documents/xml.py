"""XML is parsed so that nothing in it can reach out, grow or run."""

from lxml import etree

from briefqa.errors import DocumentError

_TOO_MUCH = etree.ErrorTypes.ERR_RESOURCE_LIMIT
"""What libxml2 says when entities multiply, elements nest past 256 or one text passes 10 MB."""


def parse_xml(data: bytes, source: str) -> etree._Element:
    """Return the root of an XML text, without its comments and processing instructions.

    No DTD, entity or other file is ever loaded. A DOCTYPE is let pass as long as
    it declares no entity; a character that only the DTD it names would define
    (``&nbsp;`` in XHTML) stays as an entity node, whose tag is no string.
    Elements nest at most 256 deep, so that walking them cannot exhaust the stack.

    Args:
        data: The bytes of the XML, which say their encoding themselves.
        source: What an error names: the file, or the file and its member.

    Raises:
        DocumentError: "corrupt" if it is not XML; "unsafe" if it declares
            entities, nests too deep, or is made to fill memory.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if error.code == _TOO_MUCH:  # type: ignore[attr-defined]  # the stubs lack it
            raise DocumentError(
                source,
                reason="unsafe",
                detail="holds XML that nests or multiplies past all use, and is not read",
            ) from error
        raise DocumentError(
            source, reason="corrupt", detail=f"holds XML that is broken: {error.msg}"
        ) from error
    except (ValueError, LookupError) as error:
        raise DocumentError(
            source, reason="corrupt", detail=f"holds XML that is broken: {error}"
        ) from error
    declared = root.getroottree().docinfo.internalDTD
    # The stubs do not know what a DTD is made of.
    if declared is not None and any(True for _ in declared.iterentities()):  # type: ignore[union-attr]
        raise DocumentError(
            source,
            reason="unsafe",
            detail="declares XML entities, which no document needs and attacks use; it is not read",
        )
    return root


def local_name(element: etree._Element) -> str:
    """Return the name of an element without its namespace; "" for an entity."""
    tag: object = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: etree._Element, name: str) -> str | None:
    """Return the attribute called ``name`` in whatever namespace, if the element has it."""
    ending = "}" + name
    return next(
        (str(v) for k, v in element.attrib.items() if k == name or str(k).endswith(ending)), None
    )


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the first element under ``element`` along ``path`` of local names, if there is one."""
    found = element
    for name in path:
        if found is None:
            return None
        found = next((inner for inner in found if local_name(inner) == name), None)
    return found


def whole_number(text: str | None, default: int) -> int:
    """Return ``text`` as a number of at most nine digits, or ``default``."""
    digits = (text or "").strip()
    is_number = digits.removeprefix("-").isdecimal() and len(digits) < 10  # noqa: PLR2004
    return int(digits) if is_number else default
