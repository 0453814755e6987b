#include "kube/play/played_with.h"

#include "common/json_fields.h"
#include "pod/state/spec_json.h"

namespace skiff::kube {
namespace {

constexpr char kAnnotation[] = "skiff/played-with";

}  // namespace

template <typename V>
void VisitFields(V& v, PlayedWith& settings) {
  v("network", settings.network);
  v("publish", settings.ports);
}

void RecordPlayedWith(const PlayedWith& settings, ObjectMeta& metadata) {
  if (settings.network || !settings.ports.empty()) metadata.annotations[kAnnotation] = common::EncodeJson(settings);
  else metadata.annotations.erase(kAnnotation);
}

common::Result<PlayedWith> ReadPlayedWith(const ObjectMeta& metadata) {
  const auto found = metadata.annotations.find(kAnnotation);
  if (found == metadata.annotations.end()) return PlayedWith();
  return common::DecodeJson<PlayedWith>(found->second, kAnnotation);
}

}  // namespace skiff::kube
