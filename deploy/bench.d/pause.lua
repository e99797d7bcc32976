-- For wrk: each connection waits between an answer and its next request, 50 ms on the average. Not the same time always:
-- the connections begin together, and would stay a convoy in which each waits for those before it.
function delay() return math.random(20, 80) end
