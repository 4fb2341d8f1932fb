"""Twilio: sending texts, delivery reports and inbound texts."""

from pro_collector.channels.twilio.reconcile import Departure as Departure
from pro_collector.channels.twilio.reconcile import FoundMessage as FoundMessage
from pro_collector.channels.twilio.send import INBOUND_PATH as INBOUND_PATH
from pro_collector.channels.twilio.send import OVERRIDES as OVERRIDES
from pro_collector.channels.twilio.send import REPORTS_PATH as REPORTS_PATH
from pro_collector.channels.twilio.send import Twilio as Twilio
from pro_collector.channels.twilio.webhooks import FINAL_RANK as FINAL_RANK
from pro_collector.channels.twilio.webhooks import RANKS as RANKS
from pro_collector.channels.twilio.webhooks import Inbound as Inbound
from pro_collector.channels.twilio.webhooks import Report as Report
from pro_collector.channels.twilio.webhooks import read_form as read_form
