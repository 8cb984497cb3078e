/** The views: a name, what draws it. A new view is a folder in `views/` and a row here. */
import type { Component } from "svelte";
import type { Session } from "./session.svelte";
import Account from "./views/account/Account.svelte";
import Blocked from "./views/blocked/Blocked.svelte";
import Mail from "./views/mail/Mail.svelte";
import Opening from "./views/opening/Opening.svelte";
import SignIn from "./views/sign-in/SignIn.svelte";

export type ViewName = "opening" | "insecure" | "failed" | "sign-in" | "mail" | "account";

export const views: Readonly<Record<ViewName, Component<{ session: Session }>>> = {
  opening: Opening,
  insecure: Blocked,
  failed: Blocked,
  "sign-in": SignIn,
  mail: Mail,
  account: Account,
};
