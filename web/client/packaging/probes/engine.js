import { open } from "waypost";
import { counted } from "./engine.js";

export const probe = () => counted(open);
