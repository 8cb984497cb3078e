import { mount } from "svelte";
import App from "./App.svelte";
import "./look/tokens.css";
import "./look/look.css";
import "./look/app.css";
import { registerWorker } from "./offline/register";
import { Session } from "./session.svelte";

const target = document.getElementById("app");
if (target === null) throw new Error("The page has no place for the app.");

const session = new Session();
mount(App, { target, props: { session } });
void session.start();
registerWorker();
