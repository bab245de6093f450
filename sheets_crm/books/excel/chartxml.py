"""A native bar chart: the chart part with cached values (so that viewers show it at once) and the drawing that holds it.

Source: ECMA-376 part 1, 21.2 (charts) and 20.5 (drawings). Bars run from top to bottom, so the category axis is reversed.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sheets_crm.books.excel.celltext import text_of
from sheets_crm.books.excel.dialect import DECLARATION, Dialect
from sheets_crm.books.excel.layout import Layout
from sheets_crm.books.excel.workbook import quoted
from sheets_crm.books.excel.xmlsplice import escape, quote
from sheets_crm.books.tab import Chart, Plain, Range, Tab
from sheets_crm.cells import letter

GAP = "40"  # between bars, in percent of their width
_EMU = 9_525  # English metric units in a pixel
_FIRST_ID = 1_000  # ids of shapes are numbered from 1 by other programs, and must differ within a drawing


CHART_REL = "rIdCrm{}"  # the relationship of chart number i: never one that another program gives


def drawing_of(tab: Tab, dialect: Dialect) -> bytes:
    """The drawing that places a tab's charts, and nothing else."""
    anchors = "".join(anchor_of(tab, i, dialect) for i in range(1, len(tab.charts) + 1))
    return f'{DECLARATION}<xdr:wsDr xmlns:xdr="{dialect.sheet_draw}" xmlns:a="{dialect.draw}">{anchors}</xdr:wsDr>'.encode()


def frame_name(tab: Tab, number: int) -> str:
    """The name of a chart's frame, by which it is known to be ours."""
    return f"crm_{tab.id}_chart_{number}"


def anchor_of(tab: Tab, number: int, dialect: Dialect) -> str:
    """Where chart number i (from 1) hangs; its namespaces are its own, so that it may stand in any drawing."""
    chart = tab.charts[number - 1]
    row, column = chart.anchor
    width, height = (pixels * _EMU for pixels in chart.size)
    spaces = f'xmlns:xdr="{dialect.sheet_draw}" xmlns:a="{dialect.draw}"'
    place = f"<xdr:col>{column}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row}</xdr:row><xdr:rowOff>0</xdr:rowOff>"
    told = f" descr={quote(text_of(chart.title))}" if chart.title else ""
    names = (
        f'<xdr:cNvPr id="{_FIRST_ID + number}" name={quote(frame_name(tab, number))}{told}/><xdr:cNvGraphicFramePr/>'
    )
    rel = CHART_REL.format(number)
    reference = f'<c:chart xmlns:c="{dialect.chart}" xmlns:r="{dialect.rel}" r:id="{rel}"/>'
    return (
        f'<xdr:oneCellAnchor {spaces}><xdr:from>{place}</xdr:from><xdr:ext cx="{width}" cy="{height}"/>'
        f'<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr>{names}</xdr:nvGraphicFramePr>'
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{dialect.chart}">{reference}</a:graphicData></a:graphic>'
        "</xdr:graphicFrame><xdr:clientData/></xdr:oneCellAnchor>"
    )


def chart_part(chart: Chart, layout: Layout, dialect: Dialect) -> bytes:
    """The chart itself: one series of bars, values written beside them, no legend."""
    spaces = f'xmlns:c="{dialect.chart}" xmlns:a="{dialect.draw}" xmlns:r="{dialect.rel}"'
    fill = f'<a:solidFill><a:srgbClr val="{chart.color.upper()}"/></a:solidFill>'
    labels = "".join(f'<c:{name} val="{on}"/>' for name, on in _LABELS)
    series = (
        f'<c:ser><c:idx val="0"/><c:order val="0"/>{_series_name(chart)}<c:spPr>{fill}</c:spPr>'
        f'<c:invertIfNegative val="0"/><c:dLbls>{labels}</c:dLbls>'
        f"<c:cat>{_categories(chart.categories, layout)}</c:cat><c:val>{_values(chart.values, layout)}</c:val></c:ser>"
    )
    bars = (
        '<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>'
        f'{series}<c:gapWidth val="{GAP}{dialect.percent}"/><c:axId val="111111111"/><c:axId val="222222222"/></c:barChart>'
    )
    text = (
        f'{DECLARATION}<c:chartSpace {spaces}><c:roundedCorners val="0"/><c:chart>{_title(chart.title)}'
        f'<c:autoTitleDeleted val="{0 if chart.title else 1}"/><c:plotArea><c:layout/>{bars}{_AXES}</c:plotArea>'
        '<c:plotVisOnly val="0"/><c:dispBlanksAs val="gap"/></c:chart></c:chartSpace>'
    )
    return text.encode()


_LABELS = (
    ("showLegendKey", 0),
    ("showVal", 1),
    ("showCatName", 0),
    ("showSerName", 0),
    ("showPercent", 0),
    ("showBubbleSize", 0),
)
_AXES = (
    '<c:catAx><c:axId val="111111111"/><c:scaling><c:orientation val="maxMin"/></c:scaling><c:delete val="0"/>'
    '<c:axPos val="l"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/>'
    '<c:minorTickMark val="none"/><c:tickLblPos val="low"/><c:crossAx val="222222222"/><c:crosses val="autoZero"/>'
    '<c:auto val="0"/><c:lblAlgn val="ctr"/><c:noMultiLvlLbl val="1"/></c:catAx>'
    '<c:valAx><c:axId val="222222222"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="1"/>'
    '<c:axPos val="b"/><c:numFmt formatCode="General" sourceLinked="1"/><c:majorTickMark val="none"/>'
    '<c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="111111111"/><c:crosses val="max"/>'
    "</c:valAx>"
)


def _title(title: str) -> str:
    if not title:
        return ""
    run = f'<a:r><a:rPr lang="en-US" sz="1200" b="1"/><a:t>{escape(title)}</a:t></a:r>'
    body = f'<a:bodyPr/><a:p><a:pPr><a:defRPr sz="1200" b="1"/></a:pPr>{run}</a:p>'
    return f'<c:title><c:tx><c:rich>{body}</c:rich></c:tx><c:overlay val="0"/></c:title>'


def _series_name(chart: Chart) -> str:
    name = chart.series or chart.title
    return f"<c:tx><c:v>{escape(name)}</c:v></c:tx>" if name else ""


def _categories(area: Range, layout: Layout) -> str:
    values = _cells(area, layout)
    points = "".join(
        f'<c:pt idx="{i}"><c:v>{escape(text_of(str(value)))}</c:v></c:pt>'
        for i, value in enumerate(values)
        if value is not None
    )
    return f'<c:strRef><c:f>{_reference(area, layout)}</c:f><c:strCache><c:ptCount val="{len(values)}"/>{points}</c:strCache></c:strRef>'


def _values(area: Range, layout: Layout) -> str:
    values = _cells(area, layout)
    points = "".join(
        f'<c:pt idx="{i}"><c:v>{value}</c:v></c:pt>'
        for i, value in enumerate(values)
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    )
    cache = f'<c:formatCode>General</c:formatCode><c:ptCount val="{len(values)}"/>{points}'
    return f"<c:numRef><c:f>{_reference(area, layout)}</c:f><c:numCache>{cache}</c:numCache></c:numRef>"


def _reference(area: Range, layout: Layout) -> str:
    first = f"${letter(area.left)}${area.top + 1}"
    last = f"${letter(area.right)}${area.bottom + 1}"
    return escape(f"{quoted(layout.name)}!{first}:{last}")


def _cells(area: Range, layout: Layout) -> list[Plain]:
    """The values that the tab has in a range, row by row."""
    loose = {(cell.row, cell.column): cell.value for cell in layout.tab.cells}
    places = [(r, c) for r in range(area.top, area.bottom + 1) for c in range(area.left, area.right + 1)]
    return [loose[place] if place in loose else _in_table(place, layout) for place in places]


def _in_table(place: tuple[int, int], layout: Layout) -> Plain:
    row, column = place
    for native in layout.tables:
        table = native.table
        if table.column <= column < table.column + len(table.columns):
            if row == table.row:
                return native.titles[column - table.column]
            if 0 <= row - table.row - 1 < table.height:
                value: Plain | date = table.columns[column - table.column].values[row - table.row - 1]
                return value
    return None
