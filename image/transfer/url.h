// Parts of URLs (RFC 3986), through libcurl's parser.
#pragma once

#include <string>

#include "common/result.h"

namespace skiff::image {

// "https://host:443": what must be equal for two URLs to lead to the same server. Empty if it is no http(s) URL.
std::string OriginOf(const std::string& url);
// `location` may be relative to `base`. kInvalid: not a URL, or another scheme than http and https.
common::Result<std::string> ResolveUrl(const std::string& base, const std::string& location);
// `url` with `name`=`value` added to its query.
std::string AddQuery(const std::string& url, const std::string& name, const std::string& value);

}  // namespace skiff::image
