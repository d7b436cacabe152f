#include "engine/pipeline/source_error.h"

namespace keywatch::pipeline {

std::string_view SourceErrorName(SourceError error) {
  switch (error) {
    case SourceError::kNetwork:
      return "network";
    case SourceError::kTls:
      return "tls";
    case SourceError::kLogin:
      return "login";
    case SourceError::kToken:
      return "token";
    case SourceError::kAccess:
      return "access";
    case SourceError::kMissing:
      return "missing";
    case SourceError::kThrottled:
      return "throttled";
    case SourceError::kOther:
      return "other";
  }
  return "";
}

}  // namespace keywatch::pipeline
