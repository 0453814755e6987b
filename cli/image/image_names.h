// Names and digests of images as the lists and inspections show them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "image/image.h"

namespace skiff::cli {

// "localhost/demo" and "latest"; "<none>" where there is no tag.
std::pair<std::string, std::string> SplitTag(const std::string& name);
// One "repository@digest" for each repository.
std::vector<std::string> RepoDigests(const image::Image& image);

}  // namespace skiff::cli
