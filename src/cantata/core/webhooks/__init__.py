"""What webhooks tell, to whom, and where they may call, as pure functions.

notices.py    an event of a project → the notice that it is, and who wants it
addresses.py  which addresses may be called
retries.py    when a delivery is tried again
"""
