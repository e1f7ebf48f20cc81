// Returns what a reader would see wrong with the page at its present width and in its present colors, as a list.
(() => {
  const wrong = [];
  const said = (e) => `<${e.tagName.toLowerCase()}> ${(e.textContent || e.getAttribute("alt") || "").trim().slice(0, 50)}`;
  const shown = (e) => e.getClientRects().length && getComputedStyle(e).visibility !== "hidden";
  const article = document.querySelector("article") || document.body;

  // Nothing may be wider than the window, except what scrolls by itself.
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width)
    wrong.push(`the page is ${document.documentElement.scrollWidth} pixels wide in a window of ${width}`);
  const scrolls = (e) => {
    for (let one = e.parentElement; one && one !== article; one = one.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(one).overflowX)) return true;
    return false;
  };
  for (const e of article.querySelectorAll("*"))
    if (!e.closest("svg svg, svg > *, math *") && e.getBoundingClientRect().right > width + 1 && shown(e) && !scrolls(e))
      wrong.push(`ends right of the window: ${said(e)}`);

  for (const image of document.images)
    if (shown(image) && image.complete && image.naturalWidth === 0) wrong.push(`not loaded: ${image.src}`);

  for (const svg of article.querySelectorAll("svg")) {
    const box = svg.getBoundingClientRect();
    for (const t of box.width ? svg.querySelectorAll("text") : []) {
      const own = t.getBoundingClientRect();
      if (own.width && (own.left < box.left - 1 || own.right > box.right + 1 || own.bottom > box.bottom + 1 || own.top < box.top - 1))
        wrong.push(`outside its drawing: ${said(t)}`);
    }
  }
  for (const one of article.querySelectorAll("math"))
    if (shown(one) && one.getBoundingClientRect().height < 4) wrong.push(`an empty formula: ${said(one)}`);

  // Contrast of at least 4.5, of 3 for large letters (WCAG 2.1, AA).
  const numbers = (color) => {
    const found = color.match(/[\d.]+/g).map(Number);
    return color.startsWith("color(") ? [...found.slice(0, 3).map((c) => 255 * c), found[3] ?? 1] : [...found.slice(0, 3), found[3] ?? 1];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const paper = (e) => {
    const layers = [];
    for (let one = e; one; one = one.parentElement) {
      const color = numbers(getComputedStyle(one).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  // Whether a point lies outside the rectangle that a shape is clipped to, such as a band by the axes of its plot.
  const cut = (shape, x, y) => {
    const holder = shape.closest("[clip-path]"), name = holder?.getAttribute("clip-path").match(/#([^")']+)/)?.[1];
    const frame = name && shape.ownerSVGElement.querySelector(`clipPath[id="${name}"] > rect`);
    if (!frame) return false;
    const {a, d, e, f} = holder.getScreenCTM(), [left, top] = [a * frame.x.baseVal.value + e, d * frame.y.baseVal.value + f];
    const [right, bottom] = [left + a * frame.width.baseVal.value, top + d * frame.height.baseVal.value];
    return x < left || x > right || y < top || y > bottom;
  };
  // Letters of a drawing may lie on a shape of it, such as a cell of a matrix: the last one drawn before them counts.
  // The colors of a picture in it are not known.
  const ground = (e) => {
    const own = e.getBoundingClientRect(), x = (own.left + own.right) / 2, y = (own.top + own.bottom) / 2;
    let found = paper(e);
    for (const shape of e.closest("svg")?.querySelectorAll("path, rect, polygon, circle, image") ?? []) {
      const box = shape.getBoundingClientRect(), fill = getComputedStyle(shape).fill;
      const before = shape.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING;
      if (!before || shape.closest("defs, clipPath") || fill === "none") continue;
      if (box.left >= x || x >= box.right || box.top >= y || y >= box.bottom || cut(shape, x, y)) continue;
      if (shape.tagName === "image") return null;
      found = over(numbers(fill), found);
    }
    return found;
  };
  const luminance = (color) => {
    const linear = color.slice(0, 3).map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.nodeValue.trim() || e.closest("script, style, noscript, svg defs") || !shown(e)) continue;
    const style = getComputedStyle(e);
    const ink = numbers(e.closest("svg") && style.fill !== "none" ? style.fill : style.color);
    const below = ground(e);
    if (below === null) continue;
    const key = `${ink}|${below}|${style.fontSize}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const [light, dark] = [luminance(over(ink, below)), luminance(below)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5))
      wrong.push(`contrast ${contrast.toFixed(1)} of ${said(e)} (${style.color} on rgb(${below.slice(0, 3).map(Math.round)}))`);
  }
  return [...new Set(wrong)];
})()
