import { createRoot } from "react-dom/client";
import { App } from "./app";
import { Gate } from "./people/gate";
import { NodeClient, NodeProvider } from "./state/node";
import { followTheme } from "./state/settings";
import "./style.css";

followTheme();
const node = new NodeClient(location.origin);
node.start();
createRoot(document.getElementById("root")!).render(
  <NodeProvider value={node}>
    <Gate>
      <App />
    </Gate>
  </NodeProvider>,
);
