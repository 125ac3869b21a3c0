// A CDS client that is not ours: Medplum's, asking one service about one patient.
//
//   node cds_client.mjs '{"cds": ..., "fhir": ..., "token": ..., "service": ..., "user": {...}, "context": {...},
//                         "templates": {...}}'
//
// `cds` is the address above /cds-services, `fhir` the base of the FHIR server it fills the prefetch from, `templates`
// stand in for the service's own where they have the same key. Prints
// {"services": [...], "request": {...}, "response": {...}}.

import { buildCdsRequest, MedplumClient } from '@medplum/core';

const { cds, fhir, token, service: wanted, user, context, templates } = JSON.parse(process.argv[2]);

function client(options) {
  return new MedplumClient({ cacheTime: 0, fetch, ...options });
}

const records = client({ baseUrl: new URL(fhir).origin, fhirUrlPath: new URL(fhir).pathname.slice(1) });
records.setAccessToken(token);
const advice = client({ baseUrl: cds, cdsServicesUrl: `${cds}/cds-services` });

const { services } = await advice.getCdsServices();
const service = services.find((each) => each.id === wanted);
const asked = { ...service, prefetch: { ...service.prefetch, ...templates } };
const request = await buildCdsRequest(records, user, asked, context);
const response = await advice.callCdsService(service.id, request);
process.stdout.write(JSON.stringify({ services, request, response }));
