"""The sentences of the shop's containers, by language: openings, chatter, failures, last words."""

CHATTER = {
    "*": ["level=info msg=\"sync done\"", "level=info msg=\"health check passed\""],
    "postgres": [
        "{at} UTC [27] LOG:  checkpoint starting: time",
        "{at} UTC [27] LOG:  checkpoint complete: wrote 412 buffers (2.5%); 0 WAL file(s) added, 0 removed, 1 recycled",
        "{at} UTC [311] LOG:  automatic vacuum of table \"shop.public.orders\": index scans: 1",
    ],
    "redis": ["1:M {at} * 100 changes in 300 seconds. Saving...", "1:M {at} * Background saving terminated with success"],
    "coredns": ["[INFO] 10.42.0.17:41923 - 5512 \"A IN order-service.shop.svc.cluster.local. udp 58 false 512\" NOERROR qr,aa,rd 114 0.000141s"],
    "prometheus": ["ts={at} caller=head.go:1024 level=info component=tsdb msg=\"Head GC completed\" duration=2.1ms"],
}
OPENING = {
    "go": ["ts={at} level=info msg=\"starting {service}\" version={version}", "ts={at} level=info msg=\"listening\" addr=:8080"],
    "java": [
        "{at} INFO  1 --- [main] c.s.Application : Starting {service} {version} using Java 21.0.5",
        "{at} INFO  1 --- [main] com.zaxxer.hikari.HikariDataSource : HikariPool-1 - Start completed.",
        "{at} INFO  1 --- [main] c.s.Application : Started {service} in 8.412 seconds",
    ],
    "python": ["{at} INFO {service} starting version={version}", "{at} INFO uvicorn.error Application startup complete."],
    "node": ['{{"time":"{at}","level":"info","msg":"starting {service}","version":"{version}"}}', '{{"time":"{at}","level":"info","msg":"listening on 8080"}}'],
}
LAST_WORDS = {"OOMKilled": "", "Completed": "", "Error": "fatal: exiting"}
FAILURES = {
    "go": [
        'ts={at} level=error msg="request failed" request_id={request} err="upstream returned 500 Internal Server Error"',
        'ts={at} level=error msg="request failed" request_id={request} err="context deadline exceeded (Client.Timeout exceeded while awaiting headers)"',
    ],
    "java": [
        "{at} ERROR 1 --- [nio-8080-exec-{thread}] o.a.c.c.C.[.[.[/].[dispatcherServlet] : Servlet.service() threw exception request={request}",
        "{at} ERROR 1 --- [nio-8080-exec-{thread}] c.s.ErrorAdvice : unhandled failure, answered 500 request={request}",
    ],
    "python": [
        "{at} ERROR {service}.app request failed request={request} upstream answered 500",
        "{at} ERROR {service}.app request failed request={request} ReadTimeout after 2000ms",
    ],
    "node": ['{{"time":"{at}","level":"error","msg":"request failed","request_id":"{request}","err":"Error: upstream answered 500"}}'],
}
