import { open } from "waypost";

export const mail = await open({ gateway: "wss://mail.example/tunnel" });
