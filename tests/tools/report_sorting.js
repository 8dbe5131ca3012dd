// Runs the script of the reports on a table without a browser: report_sorting.js SCRIPT CASES
// CASES is a JSON list of {"column": [texts], "keys": [texts or null], "number": bool, "clicks": n}. Prints for each, as
// JSON, the texts in the order that the clicks on the column's head leave.
const fs = require("fs");
const vm = require("vm");

class Cell {
  constructor(text, key, number) {
    this.textContent = text;
    this.dataset = key === null ? {} : { k: key };
    this.className = number ? "n" : "";
    this.attributes = {};
    this.listeners = {};
  }
  getAttribute(name) { return this.attributes[name] ?? null; }
  setAttribute(name, value) { this.attributes[name] = value; }
  removeAttribute(name) { delete this.attributes[name]; }
  addEventListener(event, listener) { this.listeners[event] = listener; }
}

const sorted = ({ column, keys, number, clicks }) => {
  const head = new Cell("head", null, number);
  const body = {
    rows: column.map((text, i) => ({ cells: [new Cell(text, keys ? keys[i] : null, number)] })),
    append(row) { this.rows = [...this.rows.filter((other) => other !== row), row]; },
  };
  const table = { tBodies: [body], tHead: { rows: [{ cells: [head] }] } };
  const document = { querySelectorAll: (what) => (what === "table.sorts" ? [table] : []) };
  vm.runInNewContext(fs.readFileSync(process.argv[2], "utf8"), { document });
  for (let i = 0; i < clicks; ++i) head.listeners.click();
  return body.rows.map((row) => row.cells[0].textContent);
};

console.log(JSON.stringify(JSON.parse(process.argv[3]).map(sorted)));
