// Saves the figure that stands in the same box as these buttons, on the reader's own machine.
const DOTS = 300, SCREEN = 96, SVG = "http://www.w3.org/2000/svg";

function ground(data) {
  if (data.white) return "#ffffff";
  const app = document.querySelector("[data-testid=stApp]");
  const color = app ? getComputedStyle(app).backgroundColor : "";
  return !color || color === "rgba(0, 0, 0, 0)" ? "#ffffff" : color;
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// A copy that stands alone: what it is about on top, the ground on which its text can be read, and room at the sides,
// since another program may have no such narrow font.
function standing(svg, data) {
  const drawn = svg.getBoundingClientRect(), side = 32, top = 36;
  const width = drawn.width + 2 * side, height = drawn.height + top + 12;
  const frame = element("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  const color = data.white ? "#18222C" : getComputedStyle(document.querySelector("[data-testid=stApp]")).color;
  frame.append(element("rect", { width, height, fill: ground(data) }));
  frame.append(element("text", { x: side, y: 24, fill: color, "font-family": "sans-serif", "font-size": 13 }, data.about));
  const copy = svg.cloneNode(true);
  for (const [key, value] of Object.entries({ x: side, y: top, width: drawn.width, height: drawn.height }))
    copy.setAttribute(key, value);
  copy.style.overflow = "visible";
  frame.append(copy);
  // Vega names its gradients by the page's whole address, which the file does not have.
  const text = new XMLSerializer().serializeToString(frame);
  return { text: text.replace(/url\((?:&quot;|["'])?[^)#]*#([^)"'&]+)(?:&quot;|["'])?\)/g, "url(#$1)"), width, height };
}

function crc(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
  }
  return ~sum >>> 0;
}

// Says in the picture itself how many dots make a metre, so that other programs open it at its printed size.
async function withResolution(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const chunk = new Uint8Array(21), view = new DataView(chunk.buffer), perMetre = Math.round(DOTS / 0.0254);
  view.setUint32(0, 9);
  chunk.set([0x70, 0x48, 0x59, 0x73], 4);
  view.setUint32(8, perMetre);
  view.setUint32(12, perMetre);
  chunk[16] = 1;
  view.setUint32(17, crc(chunk.subarray(4, 17)));
  const afterHeader = 33;
  return new Blob([bytes.subarray(0, afterHeader), chunk, bytes.subarray(afterHeader)], { type: "image/png" });
}

async function saveVega(svg, format, data) {
  const { text, width, height } = standing(svg, data);
  const vectors = new Blob([text], { type: "image/svg+xml;charset=utf-8" });
  if (format === "svg") return download(vectors, `${data.name}.svg`);
  const picture = new Image();
  const ready = new Promise((resolve, reject) => { picture.onload = resolve; picture.onerror = reject; });
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await ready;
  const canvas = document.createElement("canvas"), scale = DOTS / SCREEN;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.drawImage(picture, 0, 0, width, height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  download(await withResolution(blob), `${data.name}.png`);
}

// Plotly draws its own picture: the camera is asked, with another format, the page's ground and a title.
function savePlotly(plot, format, data) {
  const camera = plot.querySelector('[data-title^="Download plot"]'), layout = plot.layout;
  const kept = { options: plot._context.toImageButtonOptions, ...layout };
  const scale = format === "png" ? { scale: DOTS / SCREEN } : {};
  const box = plot.getBoundingClientRect(), room = 30;
  const words = data.about.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  plot._context.toImageButtonOptions = {
    format, filename: data.name, width: box.width, height: box.height + room, ...scale,
  };
  layout.paper_bgcolor = ground(data);
  layout.title = { text: words, x: 0, xref: "paper", y: 1, yref: "container", yanchor: "top", pad: { t: 10 }, font: { size: 13 } };
  layout.margin = { ...layout.margin, t: (layout.margin?.t ?? 28) + room };
  layout.height = box.height + room;
  camera.click();
  plot._context.toImageButtonOptions = kept.options;
  for (const key of ["paper_bgcolor", "title", "margin", "height"]) layout[key] = kept[key];
}

export default function ({ parentElement, data }) {
  for (const button of parentElement.querySelectorAll("button")) {
    button.onclick = async () => {
      const box = document.querySelector(`.st-key-${data.box}`);
      const plot = box && box.querySelector(".js-plotly-plot"), svg = box && box.querySelector("svg.marks");
      if (plot) savePlotly(plot, button.dataset.format, data);
      else if (svg) await saveVega(svg, button.dataset.format, data);
    };
  }
}
