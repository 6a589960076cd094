"""What Coda answers, as frozen dataclasses (coda.io/developers/apis/v1, version 1.4.17).

Fields have Coda's names in snake case. One without a default is promised by Coda: an answer that lacks it is an error.
Keys this version does not know are kept in ``extra``.
"""

from codomyrmex.cloud.coda.models._base import List, Model, Person, Reference
from codomyrmex.cloud.coda.models.account import ApiLink, MutationStatus, User
from codomyrmex.cloud.coda.models.docs import Doc, DocList, DocSize, Icon
from codomyrmex.cloud.coda.models.pages import Image, Page, PageExport, PageList
from codomyrmex.cloud.coda.models.rows import InsertRowsResult, Row, RowDetail, RowList
from codomyrmex.cloud.coda.models.tables import Column, ColumnDetail, ColumnList, Sort, Table, TableList, TableReference

__all__ = [
    "ApiLink",
    "Column",
    "ColumnDetail",
    "ColumnList",
    "Doc",
    "DocList",
    "DocSize",
    "Icon",
    "Image",
    "InsertRowsResult",
    "List",
    "Model",
    "MutationStatus",
    "Page",
    "PageExport",
    "PageList",
    "Person",
    "Reference",
    "Row",
    "RowDetail",
    "RowList",
    "Sort",
    "Table",
    "TableList",
    "TableReference",
    "User",
]
