import { html } from 'hono/html';
import type { OpenApiDocument, OpenApiOperation } from './openapi-document.ts';

type Html = ReturnType<typeof html>;

/** The document as a page for people: no script, no style of its own, so that the strictest policy lets it through. */
export async function documentationPage(document: OpenApiDocument): Promise<string> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  const sections = document.tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return html`<section><h2>${name}</h2>${own.map(operationHtml)}</section>`;
  });
  return String(await html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${document.info.title}</title><link rel="stylesheet" href="docs.css"></head>
<body><h1>${document.info.title}</h1><p>${document.info.description}</p><p>The same for machines: <a href="openapi.json">openapi.json</a></p>
<nav>${operations.map(({ operation }) => html`<a href="#${operation.operationId}">${operation.operationId}</a> `)}</nav>${sections}</body></html>
`);
}

function operationHtml({ path, method, operation }: { readonly path: string; readonly method: string; readonly operation: OpenApiOperation }): Html {
  const { parameters, requestBody } = operation;
  return html`<article id="${operation.operationId}"><h3><span class="method">${method.toUpperCase()}</span> <code>${path}</code></h3><p><strong>${operation.summary}</strong></p>
${operation.description.split('\n\n').map((paragraph) => html`<p>${paragraph}</p>`)}
${parameters.length === 0 ? '' : html`<table><tr><th>parameter</th><th>in</th><th></th></tr>${parameters.map(({ name, in: place, required, description }) => html`<tr><td><code>${name}</code></td><td>${place}${required ? '' : ', may be left out'}</td><td>${description ?? ''}</td></tr>`)}</table>`}
${requestBody === undefined ? '' : contentHtml('Takes', requestBody.content)}
<h4>Answers</h4><ul>${Object.entries(operation.responses).map(([status, { description, content }]) => html`<li><code>${status}</code> ${description}${content === undefined || Number(status) >= 400 ? '' : contentHtml('', content)}</li>`)}</ul></article>`;
}

function contentHtml(title: string, content: Readonly<Record<string, { readonly schema: object }>>): Html {
  return html`${Object.entries(content).map(([type, { schema }]) => html`<details><summary>${title} ${type}</summary><pre>${JSON.stringify(schema, null, 2)}</pre></details>`)}`;
}

export const documentationStyle = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1d2330; background: #fff; }
code, pre, .method { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { background: #f3f4f7; padding: 0.75rem; overflow: auto; }
article { border-top: 1px solid #d9dce3; padding: 0.5rem 0 1rem; }
.method { background: #1d2330; color: #fff; padding: 0.1rem 0.4rem; border-radius: 4px; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: 0.1rem 1rem 0.1rem 0; }
nav { columns: 14rem; }
nav a { display: block; }
@media (prefers-color-scheme: dark) {
  body { color: #e6e8ee; background: #14171f; }
  pre { background: #1f2430; }
  a { color: #8ab4ff; }
  .method { background: #e6e8ee; color: #14171f; }
}
`;
