// Which full names a short name may stand for (formats.md 2.2).
#pragma once

#include <vector>

#include "common/result.h"
#include "image/reference.h"
#include "image/registries_conf.h"

namespace skiff::image {

// Full references in the order in which a local image is looked for; the reference itself when it is not short.
std::vector<Reference> LocalCandidates(const RegistriesConf& conf, const Reference& reference);

// Full references in the order in which registries are asked. kInvalid: nothing says what the short name means, or
// (short-name-mode "enforcing") several registries would do.
common::Result<std::vector<Reference>> PullCandidates(const RegistriesConf& conf, const Reference& reference);

}  // namespace skiff::image
