// Images that a command needs before it does its work: taken from the store or pulled, with progress on standard error.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/registry/access_flags.h"
#include "common/result.h"
#include "image/registry_request.h"
#include "image/store.h"
#include "kube/play/image_wish.h"

namespace skiff::cli {

// `policy` as --pull has it.
common::Result<> ProvideImage(Context& context, const std::string& image, const std::string& policy, const AccessFlags& access,
                              const PlatformFlags& platform, bool quiet);

std::vector<common::Result<>> ProvideImagesOf(Context& context, const std::vector<kube::ImageWish>& wishes,
                                              const AccessFlags& access, bool quiet);

// A registry that has only one image gives it whatever platform is asked for: told, as podman does.
void WarnOfOtherPlatform(const image::Store& store, const image::RegistryRequest& asked, const std::string& id);

}  // namespace skiff::cli
