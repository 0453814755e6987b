#include "pod/state/spec_json.h"

namespace skiff::pod {

std::string EncodePodSpec(const PodSpec& spec) { return common::EncodeJson(spec); }
std::string EncodeContainerSpec(const ContainerSpec& spec) { return common::EncodeJson(spec); }

common::Result<PodSpec> DecodePodSpec(std::string_view text, std::string_view what) {
  return common::DecodeJson<PodSpec>(text, what);
}
common::Result<ContainerSpec> DecodeContainerSpec(std::string_view text, std::string_view what) {
  return common::DecodeJson<ContainerSpec>(text, what);
}

}  // namespace skiff::pod
