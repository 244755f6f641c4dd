import { createRoot } from "react-dom/client";
import { followTheme } from "../state/settings";
import "../style.css";
import { DocsPage } from "./docs-page";

followTheme();
createRoot(document.getElementById("root")!).render(<DocsPage />);
