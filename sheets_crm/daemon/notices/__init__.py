"""Who is told what: digests, reminders, new requests, alarms. `Notices` is what the daemon calls.

What is told never names a client unless the owner wants it, never blocks a run and never fails one.
"""

from sheets_crm.daemon.notices.notices import Notices

__all__ = ["Notices"]
