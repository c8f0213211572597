"""Tokens that their makers marked: a telling beginning, and a length. What is marked so is one wherever it stands."""

from bot.redaction.rule import Rule, rule

VENDORS: tuple[Rule, ...] = (
    rule(
        "service-token",
        "akcp¦cmvmdgtu¦clojars_¦dnkey-¦flwseck¦flwpubk¦fio-u-¦hrku-¦bedrock-api-key¦absk¦nrii-¦nraa-¦rdme_"
        "¦sm_aat_¦sm_pat_¦sm_sat_¦squ_¦sqp_¦sqa_¦tk-us-¦bkua_¦dckr_¦lsv2_¦nvapi-¦tvly-¦jina_¦fm1r_¦fm1a_¦fm2_"
        "¦nfp_¦nfc_¦nfo_¦nfb_¦nfu_¦sb_secret_¦pat-na1-¦pat-eu1-¦atcttv¦atctt3¦atbb¦cfpat-¦~api-[a-z0-9]{26}¦tfp_¦sc_¦ext_¦scauth_¦authress_¦live_¦sk_¦oy2",
        r"(?<![\w-])(?P<v>AKCp[A-Za-z0-9]{50,80}|cmVmdGtu[A-Za-z0-9]{50,70}|CLOJARS_[a-z0-9]{50,70}"
        r"|dnkey-[a-z0-9=_\-]{26}-[a-z0-9=_\-]{52}|FLW(?:PUBK|SECK)(?:_TEST)?-[a-h0-9]{12,40}(?:-X)?"
        r"|fio-u-[A-Za-z0-9\-_=]{64}|HRKU-[A-Za-z0-9_\-]{30,70}|bedrock-api-key-[A-Za-z0-9+/=]{20,4096}"
        r"|ABSK[A-Za-z0-9+/]{60,300}={0,2}|NRII-[a-z0-9=_\-]{32}|tfp_[\w\-.=]{40,64}|NRAA-[a-f0-9]{27}|rdme_[a-z0-9]{70}"
        r"|sm_[aps]at_[A-Za-z0-9]{16}|sq[upa]_[a-z0-9=_\-]{40}|tk-us-[\w\-]{48}|bkua_[a-z0-9]{40}"
        r"|dckr_[po]at_[\w\-]{20,60}|lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}|nvapi-[\w\-]{40,80}"
        r"|tvly-[A-Za-z0-9\-]{28,60}|jina_[0-9a-f]{32}[\w\-]{10,40}|fm(?:1[ar]|2)_[A-Za-z0-9+/=]{60,4096}"
        r"|nf[pcobu]_[A-Za-z0-9_]{36}|sb_secret_[\w\-]{30,50}|pat-(?:na1|eu1)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
        r"|ATCTT[A-Za-z0-9\-_=]{60,300}|ATBB[A-Za-z0-9]{24,40}|CFPAT-[A-Za-z0-9\-_]{43}|API-[A-Z0-9]{26}|live_[\w\-=]{40}|sk_[A-Za-z0-9]{29}"
        r"|(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9\-]{10,32}\.[a-z0-9+/_=\-]{30,120}"
        r"|oy2[a-z0-9]{43})(?![\w])",
    ),
    rule("dynatrace", "dt0c01.", r"\b(?P<v>dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64})", 2),
    rule("openshift", "sha256~", r"(?<![\w])(?P<v>sha256~[\w\-]{43})"),
    rule(
        "mapbox",
        r"pk.eyj¦sk.eyj¦~\bpk\.[a-z0-9]{60}",
        r"\b(?P<v>[ps]k\.(?:eyJ[A-Za-z0-9_\-]{20,200}|[a-z0-9]{60})\.[A-Za-z0-9_\-]{20,40})",
    ),
    rule(
        "plaid", "access-¦link-", r"\b(?P<v>(?:access|public|link)-(?:sandbox|development|production)-[0-9a-f\-]{36})"
    ),
    rule("intra42", "s-s4t2", r"(?<![\w])(?P<v>s-s4t2(?:ud|af)-[0-9a-f]{60,70})"),
    rule(
        "harness",
        r"~\b[ps]at\.[a-z0-9_\-]{22}\.",
        r"\b(?P<v>[ps]at\.[A-Za-z0-9_\-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20})",
    ),
    rule(
        "yandex",
        r"~\bt1\.[a-z0-9_\-]{10}¦aqvn¦ycaj",
        r"\b(?P<v>t1\.[A-Z0-9a-z_\-]{10,}={0,2}\.[A-Z0-9a-z_\-]{86}={0,2}|AQVN[\w\-]{35,38}|YC[A-Za-z0-9_\-]{38})",
    ),
    rule("maxmind", "_mmk", r"\b(?P<v>[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk)\b"),
    rule("mailgun", "pubkey-", r"\b(?P<v>pubkey-[0-9a-f]{32})\b"),
    rule("mailgun", r"~\b[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}\b", r"\b(?P<v>[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})\b"),
    rule("mailchimp", r"~[0-9a-f]{32}-us\d", r"\b(?P<v>[0-9a-f]{32}-us\d{1,2})\b"),
    rule("dropbox", r"~\bsl\.[\w\-]{60}", r"(?<![\w.])(?P<v>sl\.(?:u\.)?[\w\-=]{60,2000})"),
    rule("facebook", r"~\b\d{15,16}(?:\||%7c)", r"(?i)\b(?P<v>\d{15,16}(?:\||%7c)[0-9a-z\-_]{27,40})\b"),
    rule("amazon", "amzn.", r"\b(?P<v>amzn\.(?:mws|application-oa2-client)\.[0-9a-f\-]{32,36})"),
    rule("grafana", "eyjrijoi", r"\b(?P<v>eyJrIjoi[A-Za-z0-9]{40,400}={0,3})"),
    rule("softlayer", "softlayer", r"(?i)softlayer\.com/(?:soap|rest)/v\d(?:\.\d)?/(?P<v>[a-z0-9]{64})"),
    rule("sidekiq", "contribsys.com", r"://(?P<v>[^\s/@\"'<>]{4,200})@[\w.\-]*contribsys\.com"),
)
