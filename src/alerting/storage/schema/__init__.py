"""What is kept about runs, alerts and messages? Every table of the state. Instants are µs since the epoch.

The tables are made by the migrations; conditions of indexes for PostgreSQL stand there alone, since to name them here
would load its drivers.
"""

from sqlalchemy import BigInteger, Integer, String, Text
from sqlmodel.sql.sqltypes import AutoString

from alerting.storage.schema.alerts import AlertRow as AlertRow
from alerting.storage.schema.alerts import AlertStateRow as AlertStateRow
from alerting.storage.schema.alerts import ConversationRow as ConversationRow
from alerting.storage.schema.alerts import DeadlineRow as DeadlineRow
from alerting.storage.schema.alerts import DecisionRow as DecisionRow
from alerting.storage.schema.alerts import RuleErrorRow as RuleErrorRow
from alerting.storage.schema.changes import ChangeRow as ChangeRow
from alerting.storage.schema.changes import GroupEventRow as GroupEventRow
from alerting.storage.schema.columns import metadata as metadata
from alerting.storage.schema.columns import table as table
from alerting.storage.schema.messages import ChannelHealthRow as ChannelHealthRow
from alerting.storage.schema.messages import DeliveryRow as DeliveryRow
from alerting.storage.schema.messages import NotificationRow as NotificationRow
from alerting.storage.schema.messages import OutboxRow as OutboxRow
from alerting.storage.schema.messages import ThreadRow as ThreadRow
from alerting.storage.schema.messages import ToldRow as ToldRow
from alerting.storage.schema.reports import ReportRow as ReportRow
from alerting.storage.schema.reports import RollupDurationRow as RollupDurationRow
from alerting.storage.schema.reports import RollupGroupRow as RollupGroupRow
from alerting.storage.schema.reports import RollupPackRow as RollupPackRow
from alerting.storage.schema.reports import RollupRunRow as RollupRunRow
from alerting.storage.schema.reports import RollupTryRow as RollupTryRow
from alerting.storage.schema.runs import ErrorGroupRow as ErrorGroupRow
from alerting.storage.schema.runs import FailureRow as FailureRow
from alerting.storage.schema.runs import GroupAliasRow as GroupAliasRow
from alerting.storage.schema.runs import LooseRow as LooseRow
from alerting.storage.schema.runs import RunRow as RunRow
from alerting.storage.schema.runs import TraceRow as TraceRow
from alerting.storage.schema.service import AuditRow as AuditRow
from alerting.storage.schema.service import ConfigurationRow as ConfigurationRow
from alerting.storage.schema.service import MetaRow as MetaRow
from alerting.storage.schema.service import ProgressRow as ProgressRow
from alerting.storage.schema.service import QuarantineRow as QuarantineRow
from alerting.storage.schema.service import SourceRow as SourceRow


def _fit_postgresql() -> None:
    """Numbers as wide and text sorted as SQLite does it: 64 bits, and byte by byte."""
    for each in metadata.tables.values():
        for column in each.columns:
            if isinstance(column.type, Integer) and not isinstance(column.type, BigInteger):
                column.type = column.type.with_variant(BigInteger(), "postgresql")
            elif isinstance(column.type, AutoString):
                column.type = String().with_variant(Text(collation="C"), "postgresql")


_fit_postgresql()
