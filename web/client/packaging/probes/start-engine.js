import { open } from "waypost";

/** Until the engine has answered from its store. */
export async function start() {
  const mail = await open({ profile: "start" });
  await mail.accounts();
}
