// Compares answers with the declarations of the SDK.
import { resolve } from "./declarations.mjs";

/** What is wrong with value, as a list of sentences; empty if nothing is. */
export function faults(value, type, at) {
  type = resolve(type);
  switch (type.kind) {
    case "any":
    case "class":
      return [];
    case "literal":
      return String(value) === type.value ? [] : [`${at} is ${JSON.stringify(value)}, not ${type.value}`];
    case "primitive":
      return isPrimitive(value, type.name) ? [] : [`${at} is no ${type.name}: ${JSON.stringify(value)}`];
    case "union": {
      const each = type.of.map((one) => faults(value, one, at));
      return each.some((wrong) => wrong.length === 0) ? [] : each.at(-1);
    }
    case "array":
      if (!Array.isArray(value)) return [`${at} is no array: ${JSON.stringify(value)}`];
      return value.flatMap((item, i) => faults(item, type.of, `${at}[${i}]`));
    case "record":
      if (!isObject(value)) return [`${at} is no object: ${JSON.stringify(value)}`];
      return Object.entries(value).flatMap(([name, item]) => faults(item, type.of, `${at}.${name}`));
    case "object":
      if (!isObject(value)) return [`${at} is no object: ${JSON.stringify(value)}`];
      return [...type.fields].flatMap(([name, field]) => fieldFaults(value, name, field, `${at}.${name}`));
  }
  throw new Error(`${at}: what is a ${type.kind}?`);
}

// A field that is not optional is there and not null, whatever its type: that is
// what typed SDKs of other languages insist on. An optional one may be either.
function fieldFaults(value, name, field, at) {
  if (value[name] === undefined || value[name] === null) {
    return field.optional ? [] : [`${at} is ${value[name] === null ? "null" : "missing"}`];
  }
  return faults(value[name], field.type, at);
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function isPrimitive(value, name) {
  if (["true", "false", "null", "undefined"].includes(name)) return String(value) === name;
  return name === "void" || typeof value === name;
}
