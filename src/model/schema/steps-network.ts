// Steps that talk to servers and registries: HTTP requests, downloads, OCI artifacts.
// Facts from pkg/promotion/runner/builtin/schemas of Kargo v1.11.2; the words are ours.
import {
  duration,
  expressionOutputs,
  filled,
  httpHeaders,
  httpQueryParams,
  insecure,
  path,
} from "./steps-shared";
import { flag, list, map, object, outputs, step, text } from "./types";

const referencePattern = "^(oci://)?[a-zA-Z0-9._-]+(:\\d+)?(/[a-zA-Z0-9._-]+)*[@:][a-zA-Z0-9._:-]+$";
const destinationPattern = "^(oci://)?[a-zA-Z0-9._-]+(:\\d+)?(/[a-zA-Z0-9._-]+)*[:][a-zA-Z0-9._-]+$";

const httpOutputs = expressionOutputs(
  "Values to take out of the response.",
  "http-response",
  "response.body.id",
);

function condition(doc: string, example: string) {
  return text(doc, { example, expression: { context: "http-response", yields: "bool" } });
}

/** Steps of this group, by kind. */
export const networkSteps = {
  http: step(
    "Sends an HTTP request, and again until the response tells success or failure.",
    object(
      "The request and how to read the response.",
      {
        method: text("Request method.", {
          pattern: "^(DELETE|GET|HEAD|PATCH|POST|PUT)$",
          patternDoc: "one of DELETE, GET, HEAD, PATCH, POST, PUT",
          suggestions: ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"],
          default: "GET",
          example: "POST",
        }),
        url: filled("Address to send the request to.", "https://api.example.com/deployments"),
        headers: httpHeaders,
        queryParams: httpQueryParams,
        body: text("Body of the request, as text.", { example: '${{ quote({"env": ctx.stage}) }}' }),
        insecureSkipTLSVerify: insecure("the server"),
        proxy: text("Proxy for this request.", {
          pattern: "^https?://.*$",
          patternDoc: "a URL that begins with `http://` or `https://`",
          example: "http://proxy.example.com:3128",
          defaultDoc: "the proxy of the environment",
        }),
        timeout: duration("How long one request may take, its body included.", "10s"),
        pollInterval: duration("Pause before the request is sent again.", "30s"),
        responseContentType: text("How to read the body, whatever the response says.", {
          pattern: "^(application/json|application/yaml|text/plain)$",
          patternDoc: "one of application/json, application/yaml, text/plain",
          suggestions: ["application/json", "application/yaml", "text/plain"],
          defaultDoc: "the Content-Type of the response",
          example: "application/json",
        }),
        outputs: list(httpOutputs.doc, httpOutputs.item),
        successExpression: condition(
          "Condition on the response under which the step succeeds.",
          "response.status == 200",
        ),
        failureExpression: condition(
          "Condition on the response under which the step fails.",
          "response.body.state == 'failed'",
        ),
        errorExpression: text("Expression that gives the reason shown when the step fails.", {
          example: "response.body.message",
          expression: { context: "http-response", yields: "any" },
        }),
      },
      { required: ["url"] },
    ),
    { from: "list", list: "outputs", name: "name" },
    {
      caution:
        "Without expressions, a response outside 2xx is tried again for ever unless `retry.timeout` is set.",
    },
  ),

  "http-download": step(
    "Downloads a file over HTTP, up to 100 MiB.",
    object(
      "The download.",
      {
        url: filled("Address of the file.", "https://example.com/app.tgz"),
        outPath: path("Path of the downloaded file.", "./app.tgz", "file"),
        allowOverwrite: flag("Replaces a file that exists already.", { default: false }),
        headers: httpHeaders,
        queryParams: httpQueryParams,
        insecureSkipTLSVerify: insecure("the server"),
        timeout: duration("How long the download may take.", "5m"),
      },
      { required: ["url", "outPath"] },
    ),
  ),

  "oci-download": step(
    "Downloads one layer of an OCI artifact as a file.",
    object(
      "The artifact and where it goes.",
      {
        imageRef: text("Artifact with its tag or its digest; begin with `oci://` to use Helm credentials.", {
          minLength: 1,
          pattern: referencePattern,
          patternDoc: "a reference with a tag or a digest, such as `ghcr.io/example/app:1.2.3`",
          repository: "image",
          example: "ghcr.io/example/bundle:1.2.3",
        }),
        outPath: path("Path of the downloaded file.", "./bundle.tgz", "file"),
        allowOverwrite: flag("Replaces a file that exists already.", { default: false }),
        mediaType: text("Media type of the layer to take.", {
          minLength: 1,
          example: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
          defaultDoc: "the first layer, whatever its type",
        }),
        insecureSkipTLSVerify: insecure("the registry"),
      },
      { required: ["imageRef", "outPath"] },
    ),
  ),

  "oci-push": step(
    "Copies an OCI artifact to another tag or registry.",
    object(
      "From where to where.",
      {
        srcRef: text("Artifact to copy, with its tag or digest.", {
          minLength: 1,
          pattern: referencePattern,
          patternDoc: "a reference with a tag or a digest, such as `ghcr.io/example/app:1.2.3`",
          repository: "image",
          example: "ghcr.io/example/app@${{ imageFrom('ghcr.io/example/app').Digest }}",
        }),
        destRef: text("Where the copy goes, with its tag.", {
          minLength: 1,
          pattern: destinationPattern,
          patternDoc: "a reference with a tag, such as `ghcr.io/example/app:1.2.3`",
          repository: "image",
          example: "ghcr.io/example/app:${{ ctx.stage }}",
        }),
        annotations: map(
          "Annotations set on the copy; a key may begin with `index:` or `manifest:` to choose where.",
          text("Value of the annotation.", { example: "${{ ctx.promotion }}" }),
          { keyDoc: "an annotation", example: { "org.example.promotion": "${{ ctx.promotion }}" } },
        ),
        insecureSkipTLSVerify: insecure("either registry"),
      },
      { required: ["srcRef", "destRef"] },
    ),
    outputs({
      image: text("Reference of the copy.", { example: "ghcr.io/example/app:uat" }),
      digest: text("Digest of the copy.", { example: "sha256:4bcf…" }),
      tag: text("Tag of the copy.", { example: "uat" }),
    }),
  ),
};
