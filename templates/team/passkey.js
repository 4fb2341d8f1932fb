"use strict";
// Shows the form of a passkey where the browser has passkeys; when it is sent, asks the device, and sends its answer.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const options = JSON.parse(form.dataset.options);
    const note = form.querySelector("[role=status]");
    try {
      const answer = form.dataset.passkey === "new"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.credential.value = JSON.stringify(answer.toJSON());
    } catch (error) {
      note.textContent = "Your device did not give a passkey. Try again, or use the other way.";
      return;
    }
    form.submit();
  });
}
