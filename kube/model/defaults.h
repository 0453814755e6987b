// Defaults that depend on other fields; the static ones are in the tables.
#pragma once

#include <string>
#include <string_view>

#include "kube/model/types/object.h"

namespace skiff::kube {

// Always for the tag "latest" and for no tag and no digest, else IfNotPresent.
std::string_view DefaultPullPolicy(std::string_view image);
// Takes out what ApplyDefaults would compute again.
void RemoveComputedDefaults(Object& object);

}  // namespace skiff::kube
