// AnalysisTemplates of Argo Rollouts, as far as Stages use them to verify Freight.
// Metrics of providers other than job, web and prometheus are passed through unchecked.
import { kindOf, type MetaOptions } from "./kind-meta";
import { anything, type Fields, flag, integer, list, object, text, union } from "./types";

const argo = "argoproj.io/v1alpha1";

const intOrString = (doc: string, example: number) =>
  union(doc, [integer(doc, { example }), text(doc, { example: "{{args.count}}" })], { example });

const condition = (doc: string, example: string) =>
  text(doc, { example, expression: { context: "analysis-result", yields: "bool" } });

const interval = (doc: string) => text(doc, { example: "1m", format: "duration" });

const foreign = (service: string) => anything(`Asks ${service}; not checked here.`);

const args = list(
  "Arguments of the template; metrics use them as `{{args.name}}`.",
  object(
    "One argument.",
    {
      name: text("Name of the argument.", { example: "url" }),
      value: text("Default value.", { example: "https://example.com" }),
      valueFrom: object("Where the value comes from.", {
        secretKeyRef: object(
          "A key of a Secret.",
          {
            name: text("Name of the Secret.", { example: "api", reference: { kinds: ["Secret"] } }),
            key: text("Key of the value.", { example: "token" }),
          },
          { required: ["name", "key"] },
        ),
        fieldRef: object(
          "A field of the Rollout; without meaning for Kargo.",
          { fieldPath: text("Path of the field.", { example: "metadata.labels['env']" }) },
          { required: ["fieldPath"] },
        ),
      }),
    },
    { required: ["name"] },
  ),
);

const authentication = object("How the request proves who asks.", {
  oauth2: object("OAuth2 client credentials; a token is asked for before every request.", {
    tokenUrl: text("Address that gives tokens.", { example: "https://login.example.com/oauth2/token" }),
    clientId: text("Name of the client.", { example: "{{args.clientId}}" }),
    clientSecret: text("Secret of the client.", { example: "{{args.clientSecret}}" }),
    scopes: list("What the token is to allow.", text("One scope.", { example: "metrics.read" })),
  }),
  sigv4: object("Signatures for Amazon Managed Prometheus.", {
    region: text("Region.", { example: "eu-central-1" }),
    profile: text("Profile of the credentials.", { example: "metrics" }),
    roleArn: text("Role to take.", { example: "arn:aws:iam::123456789012:role/metrics" }),
  }),
});

const web = object(
  "Sends an HTTP request and judges the answer.",
  {
    url: text("Address.", { minLength: 1, example: "https://{{args.url}}/healthz" }),
    method: text("Request method.", { enum: ["GET", "POST", "PUT"], default: "GET", example: "POST" }),
    headers: list(
      "Headers of the request.",
      object(
        "One header.",
        {
          key: text("Name of the header.", { example: "Authorization" }),
          value: text("Value of the header.", { example: "Bearer {{args.token}}" }),
        },
        { required: ["key", "value"] },
      ),
    ),
    body: text("Body of the request.", { example: '{"env": "uat"}' }),
    jsonBody: anything("Body of the request, as data.", { example: { env: "uat" } }),
    jsonPath: text("Path of the value in the answer that conditions see as `result`.", {
      example: "{$.status}",
    }),
    timeoutSeconds: integer("Seconds until the request is given up.", { default: 10, example: 20 }),
    insecure: flag("Accepts the server although its TLS certificate cannot be verified.", { default: false }),
    authentication,
  },
  {
    required: ["url"],
    choices: [{ fields: ["body", "jsonBody"], atLeast: 0, atMost: 1, counts: "present" }],
  },
);

const prometheus = object("Asks Prometheus.", {
  address: text("Address of Prometheus.", { example: "http://prometheus.monitoring:9090" }),
  query: text("PromQL query.", { example: 'sum(rate(http_requests_total{env="{{args.env}}"}[5m]))' }),
  timeout: integer("Seconds until the query is given up.", { default: 30, example: 60 }),
  insecure: flag("Accepts the server although its TLS certificate cannot be verified.", { default: false }),
  headers: list(
    "Headers of the request.",
    object(
      "One header.",
      {
        key: text("Name of the header.", { example: "X-Scope-OrgID" }),
        value: text("Value of the header.", { example: "team" }),
      },
      { required: ["key", "value"] },
    ),
  ),
  rangeQuery: object("Asks for all samples of a span of time.", {
    start: text("Expression for the beginning.", { example: 'now() - duration("1h")' }),
    end: text("Expression for the end.", { example: "now()" }),
    step: text("Pause between two samples.", { example: "1m", format: "duration" }),
  }),
  authentication,
});

const job = object(
  "Runs a Kubernetes Job; its success is the measurement's.",
  {
    metadata: object("Labels and annotations of the Job.", {
      labels: anything("Labels.", { example: { app: "test" } }),
      annotations: anything("Annotations.", { example: {} }),
    }),
    spec: anything("Specification of the Job, as in Kubernetes."),
  },
  { required: ["spec"] },
);

const metric = object(
  "One measurement and how it is judged.",
  {
    name: text("Name of the metric.", { minLength: 1, example: "integration-test" }),
    interval: interval("Pause between two measurements."),
    initialDelay: interval("Pause before the first measurement."),
    count: intOrString("Number of measurements.", 3),
    successCondition: condition(
      "Expression over `result` under which a measurement succeeds.",
      "result[0] >= 0.95",
    ),
    failureCondition: condition(
      "Expression over `result` under which a measurement fails.",
      "result[0] < 0.5",
    ),
    failureLimit: intOrString("How many measurements may fail.", 1),
    inconclusiveLimit: intOrString("How many measurements may be inconclusive.", 1),
    consecutiveErrorLimit: intOrString("How many measurements in a row may go wrong.", 4),
    consecutiveSuccessLimit: intOrString("How many measurements in a row must succeed.", 1),
    provider: object(
      "Where the measurement comes from; exactly one.",
      {
        job,
        prometheus,
        web,
        cloudWatch: foreign("CloudWatch"),
        datadog: foreign("Datadog"),
        graphite: foreign("Graphite"),
        influxdb: foreign("InfluxDB"),
        kayenta: foreign("Kayenta"),
        newRelic: foreign("New Relic"),
        plugin: foreign("a plugin"),
        skywalking: foreign("SkyWalking"),
        wavefront: foreign("Wavefront"),
      },
      {
        choices: [
          {
            fields: [
              "job",
              "prometheus",
              "web",
              "cloudWatch",
              "datadog",
              "graphite",
              "influxdb",
              "kayenta",
              "newRelic",
              "plugin",
              "skywalking",
              "wavefront",
            ],
            atLeast: 1,
            atMost: 1,
            counts: "present",
          },
        ],
      },
    ),
  },
  { required: ["name", "provider"] },
);

const spec = object("What is measured.", {
  args,
  metrics: list("Measurements.", metric),
  dryRun: list(
    "Metrics whose result does not count.",
    object(
      "One metric.",
      { metricName: text("Name or pattern of the metric.", { example: "latency" }) },
      { required: ["metricName"] },
    ),
  ),
  measurementRetention: list(
    "How many measurements are kept.",
    object(
      "One metric.",
      {
        metricName: text("Name or pattern of the metric.", { example: "latency" }),
        limit: integer("Number of measurements.", { example: 20 }),
      },
      { required: ["metricName", "limit"] },
    ),
  ),
  templates: list(
    "Other templates whose metrics are added; Kargo does not follow them.",
    object("One template.", {
      templateName: text("Name of the template.", {
        example: "common",
        reference: { kinds: ["AnalysisTemplate", "ClusterAnalysisTemplate"] },
      }),
      clusterScope: flag("True for a ClusterAnalysisTemplate.", { default: false }),
    }),
  ),
});

const meta = (namespaced: boolean): MetaOptions => ({
  namespaced,
  nameDoc: "Name of the template; Stages use it by this name.",
  nameExample: "integration-test",
});

const fields = { spec } satisfies Fields;

/** The kind AnalysisTemplate. */
export const analysisTemplate = kindOf(
  "AnalysisTemplate",
  argo,
  "Measurements by which Stages of this Project verify Freight.",
  meta(true),
  fields,
  { required: ["spec"] },
);

/** The kind ClusterAnalysisTemplate. */
export const clusterAnalysisTemplate = kindOf(
  "ClusterAnalysisTemplate",
  argo,
  "Measurements by which Stages of every Project verify Freight.",
  meta(false),
  fields,
  { required: ["spec"] },
);
