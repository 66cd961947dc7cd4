// All kinds of resources in one table.
// Puts the kinds together and nothing else.
import { analysisTemplate, clusterAnalysisTemplate } from "./kind-analysis";
import { configMap, secret } from "./kind-core";
import { clusterPromotionTask, freight, promotion, promotionTask } from "./kind-freight";
import type { KindSchema } from "./kind-meta";
import { clusterConfig, project, projectConfig } from "./kind-project";
import { stage } from "./kind-stage";
import { warehouse } from "./kind-warehouse";

/** The kinds this program reads, by name. */
export const kindSchemas = {
  Project: project,
  ProjectConfig: projectConfig,
  ClusterConfig: clusterConfig,
  Warehouse: warehouse,
  Freight: freight,
  Stage: stage,
  Promotion: promotion,
  PromotionTask: promotionTask,
  ClusterPromotionTask: clusterPromotionTask,
  AnalysisTemplate: analysisTemplate,
  ClusterAnalysisTemplate: clusterAnalysisTemplate,
  Secret: secret,
  ConfigMap: configMap,
} as const satisfies Record<string, KindSchema>;
