-- For wrk: each connection waits for 50 ms between an answer and its next request.
function delay() return 50 end
