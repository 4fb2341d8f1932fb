import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Questionnaire;

/**
 * Validates each resource of a file of NDJSON (R4), and each response against its Questionnaire, if that is in the
 * file. Prints each kind of issue with its number: count, severity, type of resource, words; then how many were validated.
 */
class FhirValidator {
    public static void main(String[] arguments) throws Exception {
        var fhir = FhirContext.forR4();
        var parser = fhir.newJsonParser();
        var lines = Files.readAllLines(Path.of(arguments[0]));
        var questionnaires = new Questionnaires(fhir);
        for (var line : lines) {
            if (parser.parseResource(line) instanceof Questionnaire questionnaire) {
                questionnaires.byUrl.put(questionnaire.getUrl() + "|" + questionnaire.getVersion(), questionnaire);
            }
        }
        var known = new ValidationSupportChain(
            new DefaultProfileValidationSupport(fhir),
            questionnaires,
            new CommonCodeSystemsTerminologyService(fhir),
            new InMemoryTerminologyServerValidationSupport(fhir));
        var validator = fhir.newValidator().registerValidatorModule(new FhirInstanceValidator(known));
        var found = new TreeMap<String, Integer>();
        for (var line : lines) {
            var type = line.replaceAll(".*?\"resourceType\": ?\"([A-Za-z]+)\".*", "$1");
            for (var issue : validator.validateWithResult(line).getMessages()) {
                var words = issue.getMessage().replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "ID").replace('\n', ' ');
                found.merge(issue.getSeverity().getCode() + "\t" + type + "\t" + words, 1, Integer::sum);
            }
        }
        found.forEach((said, count) -> System.out.println(count + "\t" + said));
        System.out.println(lines.size() + "\tvalidated");
    }

    /** The questionnaires of the file, by URL and version. */
    private static class Questionnaires implements IValidationSupport {
        final Map<String, IBaseResource> byUrl = new HashMap<>();
        private final FhirContext fhir;

        Questionnaires(FhirContext fhir) {
            this.fhir = fhir;
        }

        @Override
        public FhirContext getFhirContext() {
            return fhir;
        }

        @Override
        public <T extends IBaseResource> T fetchResource(Class<T> type, String url) {
            var found = byUrl.get(url);
            return type != null && type.isInstance(found) ? type.cast(found) : null;
        }
    }
}
