"""What can be wrong with a brain, in one sentence each, in both languages; the same keys word the cards."""

from bot.domain.message import Language
from bot.errors import BotError

SENTENCES: dict[str, dict[Language, str]] = {
    "error_plan_unreadable": {
        "en": "The brain wrote a plan that cannot be taken: {why}",
        "zh": "大脑写出的方案无法采用：{why}",
    },
    "brain_stands_in": {
        "en": "{why} Until then “{name}” answers.",
        "zh": "{why}在此期间由“{name}”回答。",
    },
    "model_unnamed": {
        "en": "No model is named: put its name into MODEL_NAME, as the API at MODEL_URL knows it.",
        "zh": "尚未指定模型：请在 MODEL_NAME 中填写 MODEL_URL 处 API 所用的模型名。",
    },
    "model_key": {
        "en": "The model's API does not accept the key: put a valid one into MODEL_KEY.",
        "zh": "模型 API 不接受该密钥：请在 MODEL_KEY 中填写有效的密钥。",
    },
    "model_missing": {
        "en": "There is no such model at {url}: check MODEL_NAME and MODEL_URL.",
        "zh": "{url} 处没有该模型：请检查 MODEL_NAME 与 MODEL_URL。",
    },
    "model_unreachable": {
        "en": "The model cannot be reached at {url}: check MODEL_URL and that it is running.",
        "zh": "无法连接 {url} 处的模型：请检查 MODEL_URL，并确认其正在运行。",
    },
    "model_silent": {
        "en": "The model at {url} said nothing for too long; ask again in a moment.",
        "zh": "{url} 处的模型长时间没有回应，请稍后再问。",
    },
    "model_busy": {
        "en": "The model is over its limit; ask again in a moment.",
        "zh": "模型已超出配额或限流，请稍后再问。",
    },
    "model_request": {
        "en": "The model refused the question as we sent it; a model without tool calling needs MODEL_TOOLS=false.",
        "zh": "模型拒绝了我们发送的请求；不支持工具调用的模型需设置 MODEL_TOOLS=false。",
    },
    "model_window": {
        "en": "The question with all around it is longer than the model takes: "
        "give it a larger context window, or switch on fewer skills.",
        "zh": "问题连同其上下文超出了模型的上下文窗口：请为模型配置更大的上下文窗口，或减少启用的技能。",
    },
    "model_failed": {
        "en": "The model failed to answer; ask again in a moment.",
        "zh": "模型未能回答，请稍后再问。",
    },
    "model_endless": {
        "en": "The model at {url} answered without end, and was stopped; check what answers at MODEL_URL.",
        "zh": "{url} 的模型回答没有尽头，已被停止；请检查 MODEL_URL 指向的是什么。",
    },
    "model_strange": {
        "en": "What answers at {url} does not speak as an OpenAI-compatible API does: check MODEL_URL.",
        "zh": "{url} 的应答不符合 OpenAI 兼容接口，请检查 MODEL_URL。",
    },
    "model_empty": {
        "en": "The model ended without an answer; ask again.",
        "zh": "模型没有给出回答就结束了，请重新提问。",
    },
    "model_rounds": {
        "en": "The model was still looking after {rounds} rounds; ask for less at once.",
        "zh": "模型在 {rounds} 轮之后仍未给出回答；请把问题拆小一些再问。",
    },
    "dify_console_unnamed": {
        "en": "Nobody to sign in as: give DIFY_CONSOLE_EMAIL and DIFY_CONSOLE_PASSWORD, or DIFY_CONSOLE_ADMIN_KEY.",
        "zh": "没有可用于登录的身份：请提供 DIFY_CONSOLE_EMAIL 与 DIFY_CONSOLE_PASSWORD，或 DIFY_CONSOLE_ADMIN_KEY。",
    },
    "dify_console_login": {
        "en": "Dify did not let us in: check the e-mail and password, or the admin key and its workspace.",
        "zh": "Dify 拒绝登录：请检查邮箱和密码，或管理密钥及其工作空间。",
    },
    "dify_console_address": {
        "en": "What answers at {url} is not Dify's console: put the address of Dify's own page into DIFY_CONSOLE_URL.",
        "zh": "{url} 处不是 Dify 控制台：请在 DIFY_CONSOLE_URL 中填写打开 Dify 的地址。",
    },
    "dify_console_refused": {
        "en": "Dify refused a step of the setup ({path}: {why}). If it cannot reach DutyBot, its proxy must allow our "
        "host (SSRF_PROXY_ALLOW_PRIVATE_DOMAINS).",
        "zh": "Dify 拒绝了一个设置步骤（{path}：{why}）。"
        "若它无法访问 DutyBot，请在其 SSRF 代理中放行我们的主机（SSRF_PROXY_ALLOW_PRIVATE_DOMAINS）。",
    },
    "dify_import_failed": {
        "en": "Dify did not take the app: {why}",
        "zh": "Dify 未能导入应用：{why}",
    },
    "dify_files_left": {
        "en": "files that are not shown here: {count}; open them in Dify",
        "zh": "另有 {count} 个文件未在此显示，请到 Dify 中查看",
    },
    "dify_form_choices": {
        "en": "Dify waits for an answer; write one of: {choices}. (It is no leave to change anything.)",
        "zh": "Dify 正在等待答复，请回复其中之一：{choices}。（这不代表批准任何变更。）",
    },
    "dify_form_field": {
        "en": "Dify waits for an answer: press a button below and fill in {fields}, or write it here, "
        "as `{first}: your words`. (It is no leave to change anything.)",
        "zh": "Dify 正在等待答复：请点下方按钮并填写 {fields}，或直接回复“{first}：内容”。（这不代表批准任何变更。）",
    },
    "dify_form_words": {
        "en": "Dify waits for an answer: press the button below and fill in {fields}, or just write it here. "
        "(It is no leave to change anything.)",
        "zh": "Dify 正在等待答复：请点下方按钮并填写 {fields}，或直接在此回复内容。（这不代表批准任何变更。）",
    },
    "dify_form_fields": {
        "en": "Dify waits for an answer: press a button below and fill in {fields}; or write {choices} here, "
        "and below it a line `name: value` for each field. (It is no leave to change anything.)",
        "zh": "Dify 正在等待答复：请点下方按钮并填写 {fields}；或在此回复 {choices}，"
        "并在其下每行写一个“名称：值”。（这不代表批准任何变更。）",
    },
    "dify_form_file": {
        "en": "This form of Dify wants a file in “{field}”, which cannot be given here: "
        "answer it on Dify's own page of the form.",
        "zh": "该 Dify 表单的“{field}”需要文件，无法在此填写：请在 Dify 的表单页面中答复。",
    },
    "dify_form_pick": {
        "en": "“{field}” takes one of: {options}. The form stays open.",
        "zh": "“{field}”只能填写其中之一：{options}。表单仍然保留。",
    },
    "dify_form_expired": {
        "en": "That form has expired: Dify no longer waits for its answer. Ask again to begin anew.",
        "zh": "该表单已过期：Dify 不再等待答复。请重新提问以重新开始。",
    },
    "dify_form_gone": {
        "en": "Dify no longer knows that form; ask again to begin anew.",
        "zh": "Dify 中已没有该表单；请重新提问以重新开始。",
    },
    "dify_run_lost": {
        "en": "The bot was restarted while Dify worked on this answer, and Dify no longer has it; ask again.",
        "zh": "机器人在 Dify 生成该回答期间重启，且 Dify 中已没有该回答；请重新提问。",
    },
    "dify_form_not_yours": {
        "en": "Only who may ask for changes here answers this form; it stays open for them.",
        "zh": "只有有权请求变更的人可以答复该表单；表单仍然保留。",
    },
    "dify_form_done": {
        "en": "That form is no longer open: it was answered, or left for another question. Ask again if need be.",
        "zh": "该表单已不再开放：已有人答复，或已被新的提问取代。如有需要，请重新提问。",
    },
    "dify_form_refused": {
        "en": "Dify did not take this answer to its form; look at the form's fields in the Dify app.",
        "zh": "Dify 未接受对该表单的答复；请检查 Dify 应用中该表单的字段。",
    },
    "dify_key": {
        "en": "Dify does not accept the API key: put the app's key (`app-…`) into DIFY_KEY.",
        "zh": "Dify 不接受这个 API 密钥：请把应用的密钥（`app-…`）填入 DIFY_KEY。",
    },
    "dify_forbidden": {
        "en": "Dify has switched off the API of this app: enable it on the app's API Access page.",
        "zh": "该 Dify 应用的 API 已被停用：请在应用的“访问 API”页面启用。",
    },
    "dify_address": {
        "en": "What answers at DIFY_URL is not Dify's Service API: it should end with `/v1` and reach Dify itself.",
        "zh": "DIFY_URL 处应答的不是 Dify 的服务 API：地址应以 `/v1` 结尾并直达 Dify。",
    },
    "dify_app": {
        "en": "The Dify app behind this key cannot chat: publish it, or use the key of a chatflow or agent app.",
        "zh": "该密钥对应的 Dify 应用无法对话：请先发布，或使用对话流（chatflow）或 Agent 应用的密钥。",
    },
    "dify_unreachable": {
        "en": "Dify cannot be reached at {url}: check DIFY_URL and that Dify is running.",
        "zh": "无法连接 {url} 处的 Dify：请检查 DIFY_URL，并确认 Dify 正在运行。",
    },
    "dify_silent": {
        "en": "Dify took the question and said nothing for {seconds} s; ask again in a moment.",
        "zh": "Dify 收到问题后 {seconds} 秒没有任何回应，请稍后再问。",
    },
    "dify_down": {
        "en": "Dify has a fault of its own (HTTP {status}); ask again in a moment.",
        "zh": "Dify 自身出现故障（HTTP {status}），请稍后再问。",
    },
    "dify_busy": {
        "en": "Dify is answering as many questions as it can; ask again in a moment.",
        "zh": "Dify 正在处理的问题已达上限，请稍后再问。",
    },
    "dify_stream_cut": {
        "en": "The line to Dify broke in the middle of the answer, and the rest is lost; ask again.",
        "zh": "与 Dify 的连接在回答途中中断，其余内容已丢失，请重新提问。",
    },
    "dify_endless": {
        "en": "Dify's answer did not end, and was stopped after {most} MB; look at the app's log in Dify.",
        "zh": "Dify 的回答没有尽头，收到 {most} MB 后已被停止；请查看该应用在 Dify 中的日志。",
    },
    "dify_too_long": {
        "en": "Dify had not finished after {minutes} minutes and was stopped; ask for less at once.",
        "zh": "Dify 用了 {minutes} 分钟仍未完成，已被停止；请把问题拆小一些再问。",
    },
    "dify_empty": {
        "en": "Dify ended without an answer; ask again, or look at the app's log in Dify.",
        "zh": "Dify 没有给出回答就结束了；请重新提问，或到 Dify 查看应用日志。",
    },
    "dify_failed": {
        "en": "Dify could not answer; the app's log in Dify says why.",
        "zh": "Dify 无法回答；原因见 Dify 中该应用的日志。",
    },
    "dify_request": {
        "en": "Dify refused the question as we sent it; the app's log in Dify says why.",
        "zh": "Dify 拒绝了我们发送的请求；原因见 Dify 中该应用的日志。",
    },
    "dify_takes_no_file": {
        "en": "The Dify app takes no such file, so {name} was not sent: allow it under Features, File Upload, in Dify.",
        "zh": "Dify 应用不接受此类文件，未发送 {name}：请在 Dify 应用的“功能 → 文件上传”中允许。",
    },
    "file_not_had": {
        "en": "The attached file {name} could not be fetched ({why}); attach it again, or paste what matters.",
        "zh": "无法获取所附文件 {name}（{why}）；请重新上传，或直接粘贴关键内容。",
    },
    "dify_file": {
        "en": "Dify did not take the attached file: too large, or of a kind that the app does not accept.",
        "zh": "Dify 不接受所附文件：文件过大，或应用不支持该类型。",
    },
    "dify_inputs": {
        "en": "The Dify app asks for an input that we do not send ({why}): make that field optional in the app.",
        "zh": "该 Dify 应用要求一个我们没有发送的输入（{why}）：请在应用中把该字段设为可选。",
    },
    "dify_model_missing": {
        "en": "The model of the Dify app is not set up: give its provider credentials in Dify.",
        "zh": "该 Dify 应用的模型尚未配置：请在 Dify 中为模型供应商填写凭据。",
    },
    "dify_model_key": {
        "en": "The model provider behind Dify does not accept its credentials: renew them in Dify.",
        "zh": "Dify 背后的模型供应商不接受其凭据：请在 Dify 中更新。",
    },
    "dify_model_busy": {
        "en": "The model behind Dify is over its limit; ask again in a moment.",
        "zh": "Dify 背后的模型已超出配额或限流，请稍后再问。",
    },
    "dify_model_failed": {
        "en": "The model behind Dify failed to answer; ask again in a moment.",
        "zh": "Dify 背后的模型未能回答，请稍后再问。",
    },
    "dify_tools_missing": {
        "en": "The Dify app points at tools that Dify does not have: run `dutybot dify setup`.",
        "zh": "该 Dify 应用引用了 Dify 中不存在的工具：请运行 `dutybot dify setup`。",
    },
    "dify_plugin_missing": {
        "en": "Dify lacks the plugin `langgenius/agent`: install it from Dify's marketplace.",
        "zh": "Dify 缺少插件 `langgenius/agent`：请从 Dify 插件市场安装。",
    },
    "dify_other_conversation": {
        "en": "Dify answered for another conversation than ours, so the answer was thrown away; ask again.",
        "zh": "Dify 返回了另一段对话的回答，已将其丢弃；请重新提问。",
    },
    "dify_conversation_gone": {
        "en": "Dify no longer knows this conversation; ask again, and a new one begins.",
        "zh": "Dify 已找不到这段对话；请重新提问，将开始新的对话。",
    },
}


def say(error: BotError, language: Language) -> str:
    """The sentence of this error."""
    sentence = SENTENCES.get(error.key, {}).get(language, "")
    return sentence.format_map(_Blank(error.values)) if sentence else str(error)


class _Blank(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "-"
