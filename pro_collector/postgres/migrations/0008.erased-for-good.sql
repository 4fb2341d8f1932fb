-- depends: 0007.when-a-text-left
-- A text of somebody erased is still in the provider's log, with their number: it is not to be taken in once more.

CREATE TABLE vault.erased_text (
    id uuid PRIMARY KEY                 -- derived from the provider's id, as that of the row it was in vault.inbound
);

-- What is looked up by a phone, or leaves with a person, is found without reading a whole table.
CREATE INDEX inbound_sender ON vault.inbound (sender_lookup, received_at);
CREATE INDEX message_to ON message (contact_id, requested_at);
CREATE INDEX link_of ON link (occasion_id);
