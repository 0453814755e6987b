// Which of an index's images fits this machine.
#pragma once

#include <string>

#include "common/json.h"

namespace skiff::image {

// Go's name of the architecture, as image configurations have it: "amd64".
std::string MachineArchitecture();
// The descriptor of the linux image for this architecture; one without a platform only if nothing else fits. Null if none.
const common::JsonValue* ChooseForThisMachine(const common::JsonValue& index);

}  // namespace skiff::image
