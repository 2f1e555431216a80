-- The boundary from which a change that the window's verdict caused took effect: a service decides
-- later than event time alone would say. Null in what was stored before: the rule of event time.
alter table stored_windows add column effective_from_ms bigint;
