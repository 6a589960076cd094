"""A call of every method of the client, about things with the id 7."""

WHEN = 4_000_000_000
CONDITIONS = {"closure": "OR", "conds": []}
MANY = [{"email": f"p{n}@example.org"} for n in range(21)]
CALLS = {  # method: the operation that fails, the call, and the result of a failure
    "validate_connection": ("domain", lambda c: c.validate_connection(), False),
    "list_campaigns": ("list_campaigns", lambda c: c.list_campaigns(), []),
    "get_campaign": ("get_campaign", lambda c: c.get_campaign(7), None),
    "create_campaign": ("create_campaign", lambda c: c.create_campaign("s", "a@example.org", "n", "<p>", 1), None),
    "update_campaign": ("update_campaign", lambda c: c.update_campaign(7, subject="s"), None),
    "duplicate_campaign": ("duplicate", lambda c: c.duplicate_campaign(7), None),
    "delete_campaign": ("delete_campaign", lambda c: c.delete_campaign(7), False),
    "send_test": ("test", lambda c: c.send_test(7, "a@example.org"), False),
    "schedule_campaign": ("get_campaign", lambda c: c.schedule_campaign(7, WHEN), False),
    "unschedule_campaign": ("cancel", lambda c: c.unschedule_campaign(7), False),
    "send_campaign": ("get_campaign", lambda c: c.send_campaign(7), False),
    "wait_until_sent": ("get_campaign", lambda c: c.wait_until_sent(7, timeout=0.1), None),
    "get_campaign_statistics": ("get_campaign", lambda c: c.get_campaign_statistics(7), None),
    "get_campaign_links": ("links", lambda c: c.get_campaign_links(7), []),
    "get_campaign_activity": ("activity", lambda c: c.get_campaign_activity(7), []),
    "list_mailing_lists": ("list_groups", lambda c: c.list_mailing_lists(), []),
    "get_mailing_list": ("get_group", lambda c: c.get_mailing_list(7), None),
    "create_mailing_list": ("create_group", lambda c: c.create_mailing_list("n"), None),
    "update_mailing_list": ("update_group", lambda c: c.update_mailing_list(7, name="n"), None),
    "delete_mailing_list": ("delete_group", lambda c: c.delete_mailing_list(7), False),
    "get_list_contacts": ("group_subscribers", lambda c: c.get_list_contacts(7), []),
    "import_contacts": ("get_group", lambda c: c.import_contacts(7, MANY), None),
    "manage_contact": ("assign", lambda c: c.manage_contact(7, 8, "subscribe"), False),
    "list_contacts": ("list_subscribers", lambda c: c.list_contacts(), []),
    "create_contact": ("create_subscriber", lambda c: c.create_contact("a@example.org"), None),
    "get_contact": ("get_subscriber", lambda c: c.get_contact(7), None),
    "update_contact": ("update_subscriber", lambda c: c.update_contact(7, status="active"), None),
    "delete_contact": ("delete_subscriber", lambda c: c.delete_contact(7), False),
    "forget_contact": ("forget", lambda c: c.forget_contact(7), False),
    "unsubscribe_contacts": ("unsubscribe", lambda c: c.unsubscribe_contacts([7]), None),
    "list_segments": ("list_segments", lambda c: c.list_segments(), []),
    "get_segment": ("get_segment", lambda c: c.get_segment(7), None),
    "create_segment": ("create_segment", lambda c: c.create_segment("n", CONDITIONS), None),
    "update_segment": ("update_segment", lambda c: c.update_segment(7, name="n"), None),
    "delete_segment": ("delete_segment", lambda c: c.delete_segment(7), False),
    "get_segment_contacts": ("segment_subscribers", lambda c: c.get_segment_contacts(7), []),
    "list_fields": ("list_fields", lambda c: c.list_fields(), []),
    "create_field": ("create_field", lambda c: c.create_field("n"), None),
    "update_field": ("update_field", lambda c: c.update_field(7, name="n"), None),
    "delete_field": ("delete_field", lambda c: c.delete_field(7), False),
    "list_templates": ("list_templates", lambda c: c.list_templates(), []),
    "get_template_html": ("template_html", lambda c: c.get_template_html(7), None),
    "get_credits": ("credits", lambda c: c.get_credits(), None),
    "get_task_status": ("task", lambda c: c.get_task_status("5cb09b3c"), None),
    "wait_for_task": ("task", lambda c: c.wait_for_task("5cb09b3c"), None),
}
ONCE = {
    "create_campaign", "duplicate_campaign", "send_test", "unschedule_campaign", "create_mailing_list",
    "create_segment", "create_field",
}  # fmt: skip
"""What is not repeated after it may have been done. Sending and scheduling are in test_dispatch.py."""
OUTLASTS = {"wait_until_sent"}
"""What asks again as long as there is time, whatever failure may pass: see test_sent.py."""
