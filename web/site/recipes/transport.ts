import { gateway } from "waypost/clients";

export const transport = gateway("wss://mail.example/tunnel", { token: "what the gateway's owner gave you" });
