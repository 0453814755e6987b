// Images that a command needs before it does its work: taken from the store or pulled, with progress on standard error.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/registry/access_flags.h"
#include "common/result.h"
#include "kube/play/image_wish.h"

namespace skiff::cli {

// `policy` as --pull has it.
common::Result<> ProvideImage(Context& context, const std::string& image, const std::string& policy, const AccessFlags& access,
                              bool quiet);

std::vector<common::Result<>> ProvideImagesOf(Context& context, const std::vector<kube::ImageWish>& wishes,
                                              const AccessFlags& access, bool quiet);

}  // namespace skiff::cli
