// Feishu's own Node client against our Feishu: says what it hears, answers a click with a toast, sends a message.
import { createRequire } from "node:module";

const [, , url, folder] = process.argv;
const lark = createRequire(`${folder}/package.json`)("@larksuiteoapi/node-sdk");
const app = { appId: "cli_a1b2c3d4e5f6a7b8", appSecret: "secret", domain: url, loggerLevel: lark.LoggerLevel.error };
const say = (what) => console.log(JSON.stringify(what));
const heard = new lark.EventDispatcher({}).register({
  "im.message.receive_v1": async (event) => say({ heard: JSON.parse(event.message.content).text }),
  "card.action.trigger": async (event) => {
    say({ clicked: event.action.value });
    return { toast: { type: "success", content: "from node" } };
  },
});
const client = new lark.Client(app);
const card = process.env.CARD;
const sent = await client.im.message.create({
  params: { receive_id_type: "chat_id" },
  data: { receive_id: "oc_1", msg_type: "interactive", content: card },
});
say({ sent: sent.data.message_id });
await new lark.WSClient(app).start({ eventDispatcher: heard });
say({ started: true });
