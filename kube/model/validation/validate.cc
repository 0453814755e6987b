#include "kube/model/validate.h"

#include "kube/model/validation/report.h"

namespace skiff::kube {

namespace {

using validation::Report;

void ValidateBody(Report& report, const Pod& pod) { ValidatePodSpec(report, "spec", pod.spec, false); }
void ValidateBody(Report& report, const Deployment& deployment) { ValidateDeployment(report, deployment); }
void ValidateBody(Report& report, const ConfigMap& config_map) { ValidateConfigMap(report, config_map); }
void ValidateBody(Report& report, const Secret& secret) { ValidateSecret(report, secret); }
void ValidateBody(Report& report, const PersistentVolumeClaim& claim) { ValidateClaim(report, claim); }
void ValidateBody(Report& report, const Service& service) { ValidateService(report, service); }
void ValidateBody(Report& report, const Endpoints& endpoints) { ValidateEndpoints(report, endpoints); }
void ValidateBody(Report& report, const EndpointSlice& slice) { ValidateEndpointSlice(report, slice); }

}  // namespace

void Validate(const Object& object, std::vector<Finding>& findings) {
  static const Value kNowhere;
  Report report(object.source ? *object.source : kNowhere, findings);
  const ObjectMeta& metadata = object.metadata();
  const bool has_metadata = object.source == nullptr || object.source->Find("metadata") != nullptr;
  if (has_metadata && metadata.name.empty() && metadata.generate_name.empty()) {
    report.Required("metadata.name");
  } else if (has_metadata && metadata.name.empty()) {
    // As `kubectl apply`: playing again could not find it.
    report.Forbidden("metadata.generateName", "objects are found by their names when they are played again; write `name`");
  }
  std::visit([&](const auto& body) { ValidateBody(report, body); }, object.body);
}

}  // namespace skiff::kube
