"""Secrets that show by their own shape or by the words around them. `v` is the part that is taken out."""

import re

from bot.redaction.places import PLACES
from bot.redaction.programs import PROGRAMS
from bot.redaction.rule import Rule, rule
from bot.redaction.vendors import VENDORS

_PRIVATE = r"(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_GAP = r"(?:\s|\\{1,3}[nrt])"
BLOCKS: tuple[Rule, ...] = (
    rule(
        "private-key",
        "private key",
        rf"-----BEGIN {_PRIVATE}(?P<v>(?:(?!-----BEGIN ).)*?)-----END {_PRIVATE}",
        re.DOTALL,
    ),
    rule(
        "private-key",
        "private key",
        rf"-----BEGIN {_PRIVATE}(?P<v>(?:{_GAP}{{0,8}}[A-Z][A-Za-z-]{{2,20}}: [^\s\\]{{1,80}})*"
        rf"(?:{_GAP}{{0,80}}[A-Za-z0-9+/=]{{16,}})+(?:{_GAP}{{1,80}}[A-Za-z0-9+/=]{{1,15}}(?=[\"'\\]|\Z))?)",
    ),
    rule("private-key", "private-lines", r"Private-Lines: \d{1,3}\s{1,4}(?P<v>(?:[A-Za-z0-9+/=]{16,}\s{1,4}){1,99})"),
)
"""Whole keys over several lines; and what there is of one whose end is cut off."""
RULES: tuple[Rule, ...] = (
    rule(
        "url-password",
        "://",
        r"[A-Za-z][A-Za-z0-9+.\-]{1,20}://[^\s/:@\"'<>]{0,128}:(?!\d{1,5}[?#&,])(?P<v>[^\s/\"'<>]{1,256}?)"
        r"@(?![^\s/\"'<>,]{0,128}@)",
    ),
    rule(
        "url-token",
        "://",
        r"://(?P<v>(?:gh[pousr]_|github_pat_|glpat-)[\w-]{16,}|[0-9a-f]{32}|(?=[A-Za-z_]{0,64}\d)[A-Za-z0-9_]{24,128})@",
    ),
    rule("jdbc", "jdbc:oracle", r"jdbc:oracle:thin:[^/\s]{1,64}/(?P<v>[^\s/]{1,128}?)@(?![^\s/,]{0,128}@)"),
    rule(
        "authorization",
        "authorization",
        r"(?i)authorization[\"']?\s{0,4}[:=,]?\s{0,4}(?:map)?\[?[\"']?\[?\s{0,4}"
        r"(?:(?:basic|bearer|token|apikey|digest|negotiate|oauth|jwt|bot)\s+"
        r"|(?<=[:=] )(?-i:[A-Z][A-Za-z0-9\-]{1,24}) {1,4}(?=\S{0,80}\d))?(?P<v>[A-Za-z0-9._~+/=:\-]{8,4096})",
    ),
    rule("bearer", "bearer¦basic ", r"(?i)\b(?:bearer|basic)\s{1,4}(?P<v>[A-Za-z0-9._~+/\-]{12,4096}={0,2})"),
    rule("jwt", "eyj", r"\b(?P<v>eyJ[A-Za-z0-9_\-]{8,4096}\.eyJ?[A-Za-z0-9_\-]{4,4096}(?:\.[A-Za-z0-9_\-]{0,4096})?)"),
    rule("aws-key", "akia¦asia¦a3t¦abia¦acca", r"\b(?P<v>(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b"),
    rule("aliyun-key", "ltai¦sts.", r"\b(?P<v>(?:LTAI|STS\.)[A-Za-z0-9]{12,30})\b"),
    rule("volcengine-key", "aklt", r"\b(?P<v>AKLT[A-Za-z0-9_\-]{20,60})"),
    rule("tencent-key", "akid", r"\b(?P<v>AKID[A-Za-z0-9]{13,40})\b"),
    rule(
        "github",
        "ghp_¦gho_¦ghu_¦ghs_¦ghr_¦github_pat_",
        r"\b(?P<v>gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})\b",
    ),
    rule(
        "gitlab",
        "glpat¦gldt¦glrt¦glcbt¦glptt¦glft¦glimt¦glagent¦gloas¦glsoat¦glffct¦gr1348941",
        r"\b(?P<v>(?:gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-|GR1348941)[\w\-.=]{20,300})",
    ),
    rule("slack", "xox¦xapp¦xoxe", r"\b(?P<v>(?:xox[abeoprs](?:\.xox[bp])?-|xapp-)[A-Za-z0-9\-]{10,300})"),
    rule(
        "slack-hook",
        "hooks.slack",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<v>[A-Za-z0-9_/+\-]{10,200})",
    ),
    rule(
        "feishu-hook",
        "/hook/",
        r"(?:feishu\.cn|larksuite\.com)/open-apis/bot/(?:v2/)?hook/(?P<v>[A-Za-z0-9"
        r"\-]{16,64})",
    ),
    rule("feishu-token", r"~[tu]-[A-Za-z0-9._\-]{28}", r"(?<![\w-])(?P<v>[tu]-[A-Za-z0-9._\-]{28,200})\b"),
    rule("wecom-hook", "qyapi.", r"qyapi\.weixin\.qq\.com/[^\s?]{0,200}\?[^\s]{0,200}?key=(?P<v>[A-Za-z0-9\-]{16,64})"),
    rule("model-key", "sk-", r"(?<![\w-])(?P<v>sk-(?:proj-|ant-|svcacct-|admin-|or-v1-|lf-)?[A-Za-z0-9_\-]{20,220})"),
    rule(
        "dify-key",
        "app-¦dataset-",
        r"(?<![\w-])(?P<v>(?:app|dataset)-(?=[a-z\d]{0,40}[A-Z])(?=\D{0,40}\d)[A-Za-z0-9]{22,40})\b",
    ),
    rule("grafana", "glsa_¦glc_", r"\b(?P<v>gl(?:sa|c)_[A-Za-z0-9+/=_]{32,400})"),
    rule("vault", "hvs.¦hvb.¦hvr.", r"\b(?P<v>hv[sbr]\.[\w\-]{20,300})"),
    rule("vault", "vault login", r"(?i)\bvault login\s{1,4}(?P<v>\S{8,256})"),
    rule("package-token", "npm_¦pypi-", r"\b(?P<v>npm_[A-Za-z0-9]{36}|pypi-AgE[\w\-]{50,400})\b"),
    rule("google-key", "aiza", r"\b(?P<v>AIza[\w\-]{35})"),
    rule("telegram", r"~\d:A[\w\-]{32}", r"(?<!\d)(?P<v>\d{5,16}:A[\w\-]{32,48})(?![\w\-])"),
    rule(
        "service-token",
        "routing_key¦~sg\\.[\\w\\-]{16}¦_live_¦_test_¦dop_v1¦doo_v1¦dor_v1¦whsec_¦shpat¦shpss¦shpca¦shppa¦sq0¦~eaa[a-z0-9"
        "]{40}¦~key-[0-9a-f]{32}¦lin_api¦pul-¦dapi¦pnu_"
        "¦fo1_¦dp.pt¦duffel_¦ico-¦nrak-¦nrjs-¦rubygems_¦sntry¦sgp_¦tfp_¦ezak¦eztk¦pscale_¦atlasv1¦atatt3x¦shi"
        "ppo_¦xkeysib"
        "¦v1.0-¦p8e-¦lob_¦4b1d¦~secret_[a-z0-9]{43}¦ntn_¦r8_¦hf_¦api_org_¦figd_¦gsk_¦xai-¦pplx-¦ops_ey¦~a3-[a"
        "-z0-9]{6}-¦pmak-¦phc_¦sbp_¦doppler",
        r"(?<![\w-])(?P<v>(?<=routing_key=)[0-9a-f]{32}|SG\.[\w\-]{16,32}\.[\w\-]{16,64}|(?:sk|rk|pk)_(?:live|test|prod)_[A-Za-z0-9]{10,120}"
        r"|do[opr]_v1_[0-9a-f]{64}|whsec_[A-Za-z0-9+/=]{24,64}|shp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}|EAA[A-Za-z0"
        r"-9]{60,400}"
        r"|sq0[a-z]{3}-[\w\-]{22,43}|EAAA[\w\-+=]{56,80}|key-[0-9a-f]{32}|lin_api_[A-Za-z0-9]{40}|pul-[0-9a-f]{40}"
        r"|dapi[0-9a-f]{32}(?:-\d)?|pnu_[A-Za-z0-9]{36}|fo1_[\w\-]{43}|dp\.pt\.[A-Za-z0-9]{43}|duffel_(?:test"
        r"|live)_[\w\-=]{43}"
        r"|ico-[A-Za-z0-9]{32}|NRAK-[A-Z0-9]{27}|NRJS-[a-f0-9]{19}|rubygems_[a-f0-9]{48}"
        r"|sntry[us]_[A-Za-z0-9+/=_]{40,300}"
        r"|sgp_(?:[a-fA-F0-9]{16}_)?[a-fA-F0-9]{40}|tfp_\w{40,64}|EZ[AT]K[A-Za-z0-9]{54}|pscale_\w{2,6}_[\w\-"
        r".=]{32,64}"
        r"|ATATT3[A-Za-z0-9_\-=]{60,300}|shippo_(?:live|test)_[a-f0-9]{40}|xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"
        r"|v1\.0-[a-f0-9]{24}-[a-f0-9]{146}|p8e-[a-z0-9]{32}|(?:live|test)_(?:pub_)?[a-f0-9]{35}"
        r"|secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,60}|r8_[A-Za-z0-9]{37}|(?:hf|api_org)_[A-Za-z]{34}"
        r"|figd_[\w\-]{40}"
        r"|gsk_[A-Za-z0-9]{40,60}|xai-[A-Za-z0-9]{70,90}|pplx-[A-Za-z0-9]{40,60}|ops_eyJ[A-Za-z0-9+/]{100,}={0,3}"
        r"|A3-[A-Z0-9]{6}-[A-Z0-9\-]{20,40}|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|phc_[A-Za-z0-9]{40,50}|sbp_[a-f0-9]{40}"
        r"|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9\-_=]{60,70})(?![\w])",
    ),
    rule("azure", "q~", r"(?<![\w~.])(?P<v>[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.\-]{31,34})(?![\w~.\-])"),
    rule("twilio", r"~(?:AC|SK)[0-9a-f]{32}", r"(?<![A-Za-z0-9])(?P<v>(?:AC|SK)[0-9a-f]{32})(?![A-Za-z0-9])"),
    rule(
        "sql-password",
        "identified¦password",
        r"(?i)(?:identified\s{1,4}(?:with\s{1,4}\S{1,64}\s{1,4})?(?:by|as)(?:\s{1,4}password)?\s{0,4}\(?\s{0,"
        r"4}N?(?P<q>['\"])"
        r"|password(?:\s{1,4}for\s{1,4}\S{1,64})?\s{0,4}=?\s{0,4}\(?\s{0,4}N?(?P<r>'))(?P<v>[^'\"\n\\]{1,256}"
        r")(?:(?P=q)|(?P=r))",
    ),
    rule("sql-password", "password(", r"(?i)=\s{0,4}PASSWORD\('(?P<v>[^'\n]{1,256})'\)"),
    rule(
        "xml",
        "</",
        r"(?i)<(?:\w{1,40}:)?[\w.\-]{0,60}"
        r"(?:passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key|access[_-]?key)[\w.\-]{0,60}"
        r"(?:\s[^<>]{0,200})?>\s{0,8}(?P<v>[^<>\s][^<>]{0,2048}?)\s{0,8}</",
    ),
    rule(
        "command-line",
        "mysql¦mariadb",
        r"\b(?:mysql|mariadb)\w{0,12}\b[^\n|;]{0,200}?\s-p(?P<q>[\"'])?(?P<v>(?(q)[^\n\"'-]|[^\s\"'-])[^\s\"'"
        r"]{0,256})",
    ),
    rule(
        "command-line",
        "sshpass¦login",
        r"\b(?:sshpass|(?:docker|podman|nerdctl|buildah|skopeo|oras|crane|helm\s{1,4}registry)\s{1,4}(?:auth\s{1,4})?login)\b[^\n"
        r"|;]{0,200}?\s-p\s{0,4}"
        r"[\"']?(?P<v>[^\s\"']{1,256})",
    ),
    rule(
        "command-line", "redis-cli", r"\bredis-cli\b[^\n|;]{0,200}?\s(?:-a|--pass)\s{1,4}[\"']?(?P<v>[^\s\"']{1,256})"
    ),
    rule(
        "command-line",
        "curl¦wget¦etcdctl",
        r"\b(?:curl|wget|etcdctl)\b[^\n|;]{0,200}?\s(?:-u|--user|--proxy-user)(?:[ =]{0,4})[\"']?"
        r"(?P<v>[^\s:\"']{1,64}:[^\s\"']{1,256})",
    ),
    rule(
        "command-line",
        r"~\s--?[\w.\-]*(?:pass|pwd|secret|token|api-?key)",
        r"(?i)\s--?[\w.\-]{0,40}(?:password|passwd|passphrase|pass(?=[ =])|pwd(?=[ =])|secret|token"
        r"|api-?key)[\w\-]{0,40}[ =]{1,4}[\"']?"
        r"(?P<v>[^\s\"'\-][^\s\"']{0,1024})",
    ),
    rule(
        "chinese",
        "密码¦口令¦密钥¦秘钥¦令牌¦凭证¦私钥¦访问码¦动态码¦验证码¦授权码",
        r"(?:密码|口令|密钥|秘钥|令牌|凭证|私钥|访问码|动态码|验证码|授权码)(?:\s{0,4}[为是]\s{0,4}[:：]?|\s{0,4}[:：=]\s{0,4})"
        r"[\"'“‘]?(?P<v>[!#-&(-\[\]-~]{4,256}?)(?=[\"'”’\s，。；、）]|[^\x00-\x7f]|$)",
    ),
    rule("docker-auth", '"auth', r"\\*\"auth\\*\"\s{0,4}:\s{0,4}\\*\"(?P<v>[A-Za-z0-9+/=]{8,2048})"),
    rule("signature", "sig=", r"(?i)[?&](?:amp;)?sig=(?P<v>[A-Za-z0-9%+/=]{20,400})"),
    rule(
        "signature",
        "signature=¦credential=¦security-token=",
        r"(?i)[?&](?:x-amz-)?(?:signature|credential|security-token)=(?P<v>[A-Za-z0-9%+/=_.\-]{16,2048})",
    ),
    rule(
        "signature",
        "ticket=¦code=¦samlresponse=¦assertion=",
        r"(?i)[?&](?:auth_?)?(?:code|ticket|samlresponse|assertion)=(?P<v>(?:ST-|TGT-)[\w.\-]{12,256}"
        r"|(?-i:(?=[^&\s]{0,64}[a-z])(?=[^&\s]{0,64}[A-Z])(?=[^&\s]{0,64}\d))[A-Za-z0-9_.~%+/=\-]{20,4096})",
    ),
    rule(
        "cookie",
        "cookie¦session¦sessid¦sid=¦token=¦csrf¦xsrf",
        r"(?i)\b(?=[\w.\-]{3,120}+=[^;,&\s\"']{8})(?:[\w.\-]{0,40}(?:sess(?:ion)?(?:id)?|sid|token|auth|jwt|sso|csrf|xsrf"
        r"|remember\w{0,12})[\w.\-]{0,40})=(?P<v>[^;,&\s\"']{8,4096}+)",
    ),
    *PROGRAMS,
    *PLACES,
    *VENDORS,
)
