// Which of an index's images fits a machine (OCI image-spec image-index.md; formats.md 3.2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json.h"
#include "common/result.h"

namespace skiff::image {

struct Platform {
  std::string os = "linux";
  std::string architecture;  // Go's name: "amd64"
  std::string variant;       // "v8"; may be empty

  std::string ToString() const;  // "linux/arm64/v8"
};

// Go's name of the architecture, as image configurations have it: "amd64".
std::string MachineArchitecture();
Platform MachinePlatform();
// Other names of one architecture: "x86_64" is "amd64", "aarch64" is "arm64".
std::string GoArchitecture(const std::string& name);

// The descriptor of the image for the platform: the same variant or the next lower one; one without a platform only if
// nothing else fits. Null if none.
const common::JsonValue* ChoosePlatform(const common::JsonValue& index, const Platform& wanted);
const common::JsonValue* ChooseForThisMachine(const common::JsonValue& index);
// "linux/amd64, linux/arm64/v8": what there is to choose from.
std::string ListPlatforms(const common::JsonValue& index);

}  // namespace skiff::image
